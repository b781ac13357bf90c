package dev.headroom.graph;

import dev.headroom.tensor.SizeOverflowException;

/**
 * A size that may grow with the batch: {@code perSample * batch + fixed}.
 *
 * @param perSample factor of the batch, 0 for a constant
 * @param fixed the part that does not depend on the batch
 */
public record Dim(long perSample, long fixed) {
  /** The batch itself. */
  public static final Dim BATCH = new Dim(1, 0);

  /** A constant size. */
  public static Dim of(long size) {
    return new Dim(0, size);
  }

  /** The size at a batch. */
  public long at(long batch) {
    try {
      return Math.addExact(Math.multiplyExact(perSample, batch), fixed);
    } catch (ArithmeticException e) {
      throw new SizeOverflowException("a size of " + this + " at batch " + batch, e);
    }
  }

  @Override
  public String toString() {
    if (perSample == 0) {
      return Long.toString(fixed);
    }
    return (perSample == 1 ? "B" : perSample + "B") + (fixed == 0 ? "" : "+" + fixed);
  }
}
