package dev.headroom.app.accuracy;

import dev.headroom.plan.GpuLimits;

/**
 * The plan's interval, rounded down to batches of those that were tried; 0: none of them.
 *
 * @param surely the largest that surely fits
 * @param atMost the largest that may fit
 */
record TriedInterval(long surely, long atMost) {
  static TriedInterval of(GpuLimits limits) {
    return new TriedInterval(TimmRow.largest(limits::surely), TimmRow.largest(limits::perhaps));
  }

  /** Whether what surely fits is more than what trained. */
  boolean isTooMuch(TimmRow row) {
    return surely > row.batch();
  }

  /** Whether what may fit is less than what trained. */
  boolean isTooLittle(TimmRow row) {
    return !isTooMuch(row) && atMost < row.batch();
  }

  /** Whether the batch that was found lies in it. */
  boolean holds(TimmRow row) {
    return !isTooMuch(row) && !isTooLittle(row);
  }
}
