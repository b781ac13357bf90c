package dev.headroom.effect;

import java.util.Locale;

/** How the learning rate follows the batch. */
public enum LearningRateRule {
  /** It does not. */
  NONE,
  /** With the root of the batch, as suits Adam and its like. */
  SQRT,
  /** In proportion, as suits SGD (Goyal et al. 2017). */
  LINEAR;

  /** The batch at which the recipe's own rate holds. */
  public static final long BASE_BATCH = 64;

  /** The rate at a batch, given the rate at {@link #BASE_BATCH}. */
  public double rate(double base, long batch) {
    double factor = (double) batch / BASE_BATCH;
    return switch (this) {
      case NONE -> base;
      case SQRT -> base * Math.sqrt(factor);
      case LINEAR -> base * factor;
    };
  }

  /** As the command line and the JSON write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
