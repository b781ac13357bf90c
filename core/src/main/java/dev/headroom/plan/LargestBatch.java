package dev.headroom.plan;

import dev.headroom.tensor.SizeOverflowException;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The largest batch whose live peak stays within a budget.
 *
 * @param fits the largest batch that fits
 * @param failsAt the smallest that does not: {@code fits + 1} for a written ledger
 * @param recommended 80 % of {@code fits}, at most the data set
 */
public record LargestBatch(long fits, long failsAt, long recommended) {
  /** Beyond this many samples in one batch nobody trains. */
  static final long LIMIT = 1L << 40;

  /**
   * Solves by bisection on the live peak, which grows with the batch.
   *
   * @param peak live bytes at a batch; never shrinks as the batch grows
   * @param budgetBytes bytes that may be live
   * @param dataSize samples to train on, 0 if unknown
   * @return null if not even batch 1 fits
   */
  static @Nullable LargestBatch solve(LongUnaryOperator peak, long budgetBytes, long dataSize) {
    if (exceeds(peak, 1, budgetBytes)) {
      return null;
    }
    long lo = 1;
    long hi = 2;
    while (hi < LIMIT && !exceeds(peak, hi, budgetBytes)) {
      lo = hi;
      hi *= 2;
    }
    while (hi - lo > 1) {
      long mid = lo + (hi - lo) / 2;
      if (exceeds(peak, mid, budgetBytes)) {
        hi = mid;
      } else {
        lo = mid;
      }
    }
    long recommended = Math.max(1, lo * 4 / 5);
    return new LargestBatch(lo, hi, dataSize > 0 ? Math.min(recommended, dataSize) : recommended);
  }

  private static boolean exceeds(LongUnaryOperator peak, long batch, long budgetBytes) {
    try {
      return peak.applyAsLong(batch) > budgetBytes;
    } catch (SizeOverflowException e) {
      return true;
    }
  }
}
