package dev.headroom.plan;

import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The largest batch whose live peak stays within a budget.
 *
 * @param fits the largest batch that surely fits, 0 if none surely does
 * @param failsAt the smallest that surely does not: {@code fits + 1} where bytes alone decide
 * @param recommended 80 % of {@code fits}, at most the data set; on a GPU also a multiple of 8
 */
public record LargestBatch(long fits, long failsAt, long recommended) {
  /** Beyond this many samples in one batch nobody trains. */
  static final long LIMIT = 1L << 40;

  /** The lesson's 80 %, at most the data set (0 if unknown). */
  public static long recommended(long fits, long dataSize) {
    long most = Math.max(1, fits / 5 * 4 + fits % 5 * 4 / 5);
    return dataSize > 0 ? Math.min(most, dataSize) : most;
  }

  /**
   * Solves for the batch. The peak is a maximum of straight lines in the batch, so the line through
   * two known points nearly always hits the answer at once; where it does not, halving the interval
   * bounds the number of evaluations.
   *
   * @param peak live bytes at a batch; never shrinks as the batch grows
   * @param budgetBytes bytes that may be live
   * @param dataSize samples to train on, 0 if unknown
   * @return null if not even batch 1 fits
   */
  static @Nullable LargestBatch solve(LongUnaryOperator peak, long budgetBytes, long dataSize) {
    long lo = 1;
    long atLo = bytes(peak, 1);
    if (atLo > budgetBytes) {
      return null;
    }
    long hi = 2;
    long atHi = bytes(peak, 2);
    while (atHi <= budgetBytes && hi < LIMIT) {
      // Twice as far as the line says: a point beyond the budget, but near it.
      long next = Math.clamp(2 * onLine(lo, atLo, hi, atHi, budgetBytes), 2 * hi, LIMIT);
      lo = hi;
      atLo = atHi;
      hi = next;
      atHi = bytes(peak, hi);
    }
    boolean halve = false;
    while (hi - lo > 1) {
      long guess =
          halve
              ? lo + (hi - lo) / 2
              : Math.clamp(onLine(lo, atLo, hi, atHi, budgetBytes), lo + 1, hi - 1);
      long width = hi - lo;
      long atGuess = bytes(peak, guess);
      if (atGuess > budgetBytes) {
        hi = guess;
        atHi = atGuess;
      } else {
        lo = guess;
        atLo = atGuess;
        if (hi - lo > 1) {
          long atNext = bytes(peak, lo + 1);
          if (atNext > budgetBytes) {
            hi = lo + 1;
          } else {
            lo = lo + 1;
            atLo = atNext;
          }
        }
      }
      halve = hi - lo > width / 2;
    }
    return new LargestBatch(lo, hi, recommended(lo, dataSize));
  }

  /** Where the line through two points reaches the budget, rounded down; LIMIT if it is level. */
  private static long onLine(long a, long atA, long b, long atB, long budgetBytes) {
    if (atB <= atA) {
      return LIMIT;
    }
    double slope = ((double) atB - (double) atA) / (b - a);
    return (long) Math.min(LIMIT, Math.floor(a + ((double) budgetBytes - atA) / slope));
  }

  /** The peak, or the most that 63 bits hold where it is even more. */
  private static long bytes(LongUnaryOperator peak, long batch) {
    try {
      return peak.applyAsLong(batch);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }
}
