package dev.headroom.plan;

/**
 * Looks for the largest batch that fits when every try is costly: from a guess it walks outward
 * with growing strides until one batch fits and one does not, then halves what lies between.
 *
 * <pre>{@code
 * for (long batch = search.next(); batch > 0; batch = search.next()) {
 *   search.report(batch, fits(batch));
 * }
 * }</pre>
 */
public final class LimitSearch {
  private static final long NONE = Long.MAX_VALUE;

  private final long start;
  private final double tolerance;
  private final boolean doubling;
  private long fits;
  private long failsAt = NONE;
  private long stride;

  private LimitSearch(long start, double tolerance, boolean doubling) {
    if (start < 1) {
      throw new IllegalArgumentException("a search begins at batch 1 or above, not at " + start);
    }
    this.start = start;
    this.tolerance = tolerance;
    this.doubling = doubling;
    // A little less than the tolerance, so that one stride down from a good guess is near enough.
    this.stride = Math.max(1, (long) (start * tolerance * 0.98));
  }

  /**
   * A search around a good guess.
   *
   * @param guess the batch to try first
   * @param tolerance how far apart, as a fraction, what fits and what fails may stay; 0 for 1 apart
   */
  public static LimitSearch around(long guess, double tolerance) {
    return new LimitSearch(guess, tolerance, false);
  }

  /** The lesson's way: from a small batch on it doubles until one fails. */
  public static LimitSearch doubling(long from, double tolerance) {
    return new LimitSearch(from, tolerance, true);
  }

  /** The batch to try next, or 0 if the answer is near enough. */
  public long next() {
    if (fits == 0 && failsAt == NONE) {
      return start;
    }
    if (failsAt == NONE) {
      return fits >= LargestBatch.LIMIT ? 0 : fits + (doubling ? fits : stride);
    }
    if (fits == 0) {
      return failsAt == 1 ? 0 : Math.max(1, failsAt - (doubling ? (failsAt + 1) / 2 : stride));
    }
    return failsAt - fits <= Math.max(1, (long) (fits * tolerance))
        ? 0
        : fits + (failsAt - fits) / 2;
  }

  /** Says how a try ended. */
  public void report(long batch, boolean itFits) {
    boolean first = fits == 0 && failsAt == NONE;
    if (itFits) {
      fits = Math.max(fits, batch);
    } else {
      failsAt = Math.min(failsAt, batch);
    }
    // The guess was further off than a stride, so walk faster.
    stride *= first ? 1 : 2;
  }

  /** The largest batch that was seen to fit, 0 for none. */
  public long fits() {
    return fits;
  }

  /** The smallest that was seen to fail, or 0 if none was. */
  public long failsAt() {
    return failsAt == NONE ? 0 : failsAt;
  }
}
