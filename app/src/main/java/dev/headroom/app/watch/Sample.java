package dev.headroom.app.watch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one memory showed at one moment.
 *
 * @param device its name, such as {@code GPU 0 NVIDIA A100-SXM4-80GB}
 * @param usedBytes in use by anybody, or null where that is not told
 * @param totalBytes all of it, or null likewise
 * @param processes who uses how much, as far as that is told
 */
public record Sample(
    String device, @Nullable Long usedBytes, @Nullable Long totalBytes, List<Use> processes) {
  public Sample {
    processes = List.copyOf(processes);
  }

  /**
   * A process's part.
   *
   * @param pid its number
   * @param name its program
   * @param bytes memory, or null where that is not told
   */
  public record Use(long pid, String name, @Nullable Long bytes) {}
}
