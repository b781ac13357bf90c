package dev.headroom.app.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.plan.Budget;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Memory of the machine, or of the container that the process runs in. */
final class Memory {
  private Memory() {}

  /** All of it, in bytes, used or not. */
  static long totalBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** What could be taken now without anybody being pushed out of memory, in bytes. */
  static long freeBytes() {
    long free =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getFreeMemorySize();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemAvailable:")) {
          // Java knows of a container's limit, the kernel of caches that can be dropped.
          long available = Long.parseLong(line.replaceAll("\\D", "")) * 1024;
          return totalBytes() < hostBytes() ? Math.min(free, available) : available;
        }
      }
    } catch (IOException e) {
      return free;
    }
    return free;
  }

  private static long hostBytes() throws IOException {
    String total = Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
    return Long.parseLong(total.replaceAll("\\D", "")) * 1024;
  }

  /** What the user gave with {@code --budget}, else the whole machine. */
  static Budget budget(@Nullable Long givenBytes) {
    return givenBytes == null
        ? new Budget(totalBytes(), Budget.Source.MACHINE)
        : new Budget(givenBytes, Budget.Source.GIVEN);
  }
}
