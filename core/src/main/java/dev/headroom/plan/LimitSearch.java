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

  /** Where a guess says that it surely fails; NONE without one. */
  private final long ceiling;

  private long fits;
  private long failsAt = NONE;
  private long stride;

  private LimitSearch(long start, long ceiling, double tolerance, boolean doubling) {
    if (start < 1) {
      throw new IllegalArgumentException("a search begins at batch 1 or above, not at " + start);
    }
    this.start = start;
    this.tolerance = tolerance;
    this.doubling = doubling;
    this.ceiling = ceiling;
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
    return new LimitSearch(guess, NONE, tolerance, false);
  }

  /**
   * A search where a plan says what surely fits and what surely fails: both are tried.
   *
   * @param fits the batch to try first
   * @param failsAt the batch to try next, if the first one fits
   * @param tolerance as for {@link #around}
   */
  public static LimitSearch between(long fits, long failsAt, double tolerance) {
    return new LimitSearch(fits, failsAt, tolerance, false);
  }

  /** The lesson's way: from a small batch on it doubles until one fails. */
  public static LimitSearch doubling(long from, double tolerance) {
    return new LimitSearch(from, NONE, tolerance, true);
  }

  /** The batch to try next, or 0 if the answer is near enough. */
  public long next() {
    if (fits == 0 && failsAt == NONE) {
      return start;
    }
    if (failsAt == NONE) {
      return fits >= LargestBatch.LIMIT
          ? 0
          : ceiling != NONE && fits < ceiling ? ceiling : fits + (doubling ? fits : stride);
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
