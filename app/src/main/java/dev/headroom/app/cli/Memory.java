package dev.headroom.app.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.plan.Budget;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** Memory of the machine, or of the container that the process runs in. */
final class Memory {
  private Memory() {}

  /** All of it, in bytes, used or not. */
  static long totalBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** What the user gave with {@code --budget}, else the whole machine. */
  static Budget budget(@Nullable Long givenBytes) {
    return givenBytes == null
        ? new Budget(totalBytes(), Budget.Source.MACHINE)
        : new Budget(givenBytes, Budget.Source.GIVEN);
  }
}
