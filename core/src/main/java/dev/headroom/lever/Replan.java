package dev.headroom.lever;

import dev.headroom.plan.LargestBatch;
import org.jspecify.annotations.Nullable;

/** Plans a changed training on the same device, for the same data and budget. */
public interface Replan {
  /** The most bytes at once at a micro-batch: used ones of a GPU, live ones on the CPU. */
  long bytes(Setting setting, long batch);

  /** The largest micro-batch within the budget, or null if not even 1 fits. */
  @Nullable LargestBatch largest(Setting setting);
}
