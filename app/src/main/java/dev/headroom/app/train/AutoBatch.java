package dev.headroom.app.train;

import dev.headroom.torch.TorchOutOfMemoryException;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Steps down when memory runs out: the step that failed is undone and taken again in smaller
 * micro-batches over the same samples, with gradients accumulated, so that an optimizer step stays
 * what it was.
 */
public final class AutoBatch implements Companion {
  private final Consumer<String> note;
  private @Nullable ForwardState before;
  private int stepsDown;

  /** Prepares it; every step down is told. */
  public AutoBatch(Consumer<String> note) {
    this.note = note;
  }

  /** How often it stepped down. */
  public int stepsDown() {
    return stepsDown;
  }

  /** Remembers what forward changes: buffers, such as running statistics, and the random state. */
  @Override
  public void beforeStep(Running run) {
    before = ForwardState.of(run.loop);
  }

  /**
   * Undoes the failed step.
   *
   * @return smaller sizes for it and all that follow
   * @throws TorchOutOfMemoryException the failure itself, if no smaller batch can help
   */
  StepSizes stepDown(Running run, StepSizes sizes, TorchOutOfMemoryException failure) {
    int smaller = sizes.microBatch() / 2;
    while (smaller > 1 && sizes.stepSamples() % smaller != 0) {
      smaller--;
    }
    // Inside the optimizer step some parameters have moved: it cannot be taken again.
    if (smaller < 1 || run.loop.isTornApart()) {
      throw failure;
    }
    run.loop.abandon();
    if (before != null) {
      before.putBack(run.loop);
    }
    stepsDown++;
    note.accept(
        "out of memory at step "
            + (run.loop.steps() + 1)
            + " with batch "
            + sizes.microBatch()
            + ": going on with "
            + smaller
            + ", accumulated over "
            + (sizes.stepSamples() + smaller - 1) / smaller);
    return new StepSizes(sizes.stepSamples(), smaller);
  }

  @Override
  public void save(Map<String, String> into) {
    into.put("autoBatch.stepsDown", Integer.toString(stepsDown));
  }
}
