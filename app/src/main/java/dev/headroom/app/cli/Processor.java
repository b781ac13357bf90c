package dev.headroom.app.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What this machine's processor can do, where libtorch chooses by it. */
final class Processor {
  private static final Path INFO = Path.of("/proc/cpuinfo");

  private Processor() {}

  /**
   * Whether PyTorch lets oneDNN compute in bfloat16: AVX-512 with BW, VL and DQ ({@code
   * mkldnn_bf16_device_check} in aten/src/ATen/native/mkldnn/Utils.h). False where /proc does not
   * tell.
   */
  static boolean computesBf16() {
    try {
      for (String line : Files.readAllLines(INFO)) {
        if (line.startsWith("flags")) {
          return List.of(line.split("\\s+"))
              .containsAll(List.of("avx512bw", "avx512vl", "avx512dq"));
        }
      }
    } catch (IOException e) {
      return false;
    }
    return false;
  }
}
