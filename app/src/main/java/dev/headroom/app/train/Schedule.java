package dev.headroom.app.train;

import java.util.Locale;

/**
 * How the learning rate moves with the optimizer steps, by torch.optim.lr_scheduler's formulas in
 * closed form, stepped once per optimizer step. It depends on the step alone, so a resumed run
 * needs no memory of it.
 *
 * @param shape what it does after the warm-up
 * @param rate the learning rate that it begins from
 * @param warmup steps over which it grows from {@code rate / warmup} to the whole
 * @param total optimizer steps of the run
 */
public record Schedule(Shape shape, double rate, long warmup, long total) implements Companion {
  /** What it does. */
  public enum Shape {
    /** It stays. */
    CONSTANT,
    /** It falls in a straight line towards 0 at the end. */
    LINEAR,
    /** It falls along half a cosine towards 0 at the end. */
    COSINE,
    /** It falls to a tenth after a half, and again after three quarters of the steps. */
    STEP;

    /** As the command line writes it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The rate of a step, counted from 1. */
  public double at(long step) {
    if (step <= warmup) {
      return rate * step / warmup;
    }
    double done = (double) (step - 1 - warmup) / Math.max(1, total - warmup);
    return switch (shape) {
      case CONSTANT -> rate;
      case LINEAR -> rate * Math.max(0, 1 - done);
      case COSINE -> rate * (1 + Math.cos(Math.PI * Math.min(1, done))) / 2;
      case STEP -> rate * (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01);
    };
  }

  @Override
  public void beforeStep(Running run) {
    run.loop.setLearningRate(at(run.loop.steps() + 1));
  }
}
