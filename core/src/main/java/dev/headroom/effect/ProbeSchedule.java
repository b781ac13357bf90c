package dev.headroom.effect;

/**
 * When to probe and with how many examples, so that probes stay within a share of the training.
 * Cost is counted in examples, not seconds, so that a run can be repeated exactly.
 */
public final class ProbeSchedule {
  /** Examples that probes may see for each one trained on; measured, this is under 5 % of time. */
  public static final double SHARE = 0.033;

  private static final int FEWEST = 4;
  private static final long LARGEST = 2048;
  private static final long SMALLEST_BATCH = 64;

  private final long batch;
  private final long small;
  private final double share;
  private double credit;

  /**
   * A schedule for a recipe.
   *
   * @param batch examples of one training step
   * @param small examples in each small batch, see {@link #smallBatch}
   * @param share examples that probes may see for each one trained on
   */
  public ProbeSchedule(long batch, long small, double share) {
    this.batch = batch;
    this.small = small;
    this.share = share;
  }

  /** Examples in each small batch: a micro-batch's own up to 64, then a quarter of it. */
  public static long smallBatch(long microBatch) {
    return Math.max(Math.min(microBatch, SMALLEST_BATCH), microBatch / 4);
  }

  /** Examples in each small batch. */
  public long small() {
    return small;
  }

  /** Adds the examples of a finished step to what probes may draw on. */
  public void trained() {
    credit += batch * share;
  }

  /**
   * How many small batches a probe may take now, or 0 for none yet. The large batch is about as
   * large as the scale itself: there |G|^2 stands out from the noise, and more would be wasted.
   *
   * @param scale what is known of the noise scale, NaN for nothing
   */
  public int due(double scale) {
    long wanted = Double.isNaN(scale) ? FEWEST * small : (long) Math.min(LARGEST, scale);
    int count = (int) Math.max(FEWEST, (wanted + small - 1) / small);
    return credit >= count * small ? count : 0;
  }

  /** Takes a probe's examples off what may be drawn on. */
  public void probed(int count) {
    credit -= count * small;
  }
}
