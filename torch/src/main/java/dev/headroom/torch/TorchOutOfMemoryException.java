package dev.headroom.torch;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The allocator could not give what was asked for. The process stays usable. */
public final class TorchOutOfMemoryException extends TorchException {
  private static final Pattern ASKED = Pattern.compile("tried to allocate (\\d+) bytes");

  /** libtorch's allocators on the CPU and on CUDA, then the driver and NVIDIA's libraries. */
  private static final List<String> SAYINGS =
      List.of(
          "can't allocate memory",
          "CUDA out of memory",
          "CUDA error: out of memory",
          "CUBLAS_STATUS_ALLOC_FAILED",
          "CUDNN_STATUS_ALLOC_FAILED");

  private final long requestedBytes;

  TorchOutOfMemoryException(String message, Throwable cause) {
    super(message, cause);
    Matcher m = ASKED.matcher(message);
    requestedBytes = m.find() ? Long.parseLong(m.group(1)) : -1;
  }

  /** Bytes that were asked for, or -1 if libtorch did not say. */
  public long requestedBytes() {
    return requestedBytes;
  }

  /** By the message, which is all that JavaCPP keeps of a C++ exception. */
  static boolean is(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return SAYINGS.stream().anyMatch(message::contains);
  }
}
