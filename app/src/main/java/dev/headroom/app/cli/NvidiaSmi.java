package dev.headroom.app.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks the driver's own tool which GPUs there are. */
final class NvidiaSmi {
  private static final int SECONDS = 5;

  /**
   * What it said.
   *
   * @param gpus the fields of each
   * @param reason why there are none; empty if there are some
   */
  record Answer(List<String> gpus, String reason) {}

  private NvidiaSmi() {}

  static Answer ask() {
    return ask("name,memory.total,driver_version", null);
  }

  /**
   * Asks for something else.
   *
   * @param fields as {@code --query-gpu} names them
   * @param which one GPU, by number or UUID; null for all
   */
  static Answer ask(String fields, @Nullable String which) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("nvidia-smi", "--query-gpu=" + fields, "--format=csv,noheader"));
    if (which != null) {
      command.addAll(List.of("-i", which));
    }
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return new Answer(List.of(), "none: nvidia-smi is not installed");
    }
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Answer(List.of(), "nvidia-smi did not answer within " + SECONDS + " s");
      }
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      List<String> lines = text.lines().map(String::strip).filter(s -> !s.isEmpty()).toList();
      if (process.exitValue() == 0 && !lines.isEmpty()) {
        return new Answer(lines, "");
      }
      return new Answer(List.of(), "none: " + (lines.isEmpty() ? "nvidia-smi" : lines.getFirst()));
    } catch (IOException e) {
      return new Answer(List.of(), "none: nvidia-smi: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      return new Answer(List.of(), "interrupted while nvidia-smi ran");
    }
  }
}
