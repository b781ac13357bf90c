package dev.headroom.lever;

import dev.headroom.ledger.Ledger;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.LargestBatch;
import org.jspecify.annotations.Nullable;

/** Plans a changed training on the same device, for the same data and budget. */
public interface Replan {
  /** The most bytes at once at a micro-batch: used ones of a GPU, live ones on the CPU. */
  long bytes(Setting setting, long batch);

  /** Two iterations of a micro-batch: quick to have, and never more live bytes than are used. */
  Ledger ledger(Setting setting, long batch);

  /** Beyond so many live bytes nothing fits. */
  long liveLimit();

  /** Whether a micro-batch surely stays within the budget. */
  boolean fits(Setting setting, long batch);

  /** The largest micro-batch within the budget, or null if not even 1 fits. */
  @Nullable LargestBatch largest(Setting setting);

  /** Operations of a step of micro-batches of this size, or null where an operator has no rule. */
  @Nullable FlopCounter flops(Setting setting, long batch);
}
