package dev.headroom.effect;

import java.util.Comparator;
import java.util.List;

/**
 * Time to a target against the batch: steps by their law times the time of a step by its curve.
 *
 * @param steps law of steps
 * @param throughput curve of time per step
 */
public record TimeToTarget(StepsLaw steps, ThroughputCurve throughput) {
  /** Places that are looked at between a batch and its double. */
  private static final int FINE = 64;

  /** Seconds to the target. */
  public double seconds(double batch) {
    return steps.steps(batch) * throughput.secondsPerStep(batch);
  }

  /**
   * The batch with the least time. Where time per step is a line, that is the geometric mean of the
   * critical batch and the batch of half throughput; a curve through points is searched from the
   * first of them to the last.
   */
  public double bestBatch() {
    List<ThroughputCurve.Point> points = throughput.points();
    double product = steps.criticalBatch() * throughput.halfBatch();
    double root = Double.isNaN(product) ? Double.POSITIVE_INFINITY : Math.sqrt(product);
    if (points.isEmpty()) {
      return root;
    }
    double from = points.getFirst().batch();
    double to = points.getLast().batch();
    double best = root >= from && root <= to ? root : to;
    for (double batch = from; batch < to; batch *= Math.pow(2, 1.0 / FINE)) {
      // Beyond what rounding makes of a flat bottom.
      best = seconds(batch) < seconds(best) * (1 - 1e-9) ? batch : best;
    }
    return best;
  }

  /**
   * The candidate with the least time; of those within a tolerance of it, the nearest to a batch at
   * which the law was measured, since it is the less sure the further it is extended.
   */
  public long bestOf(List<Long> candidates, double tolerance, double measured) {
    double least = candidates.stream().mapToDouble(this::seconds).min().orElseThrow();
    return candidates.stream()
        .filter(b -> seconds(b) <= least * (1 + tolerance))
        .min(
            Comparator.<Long>comparingDouble(b -> Math.abs(Math.log(b / measured)))
                .thenComparing(b -> b))
        .orElseThrow();
  }
}
