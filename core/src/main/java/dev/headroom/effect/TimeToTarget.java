package dev.headroom.effect;

import java.util.List;

/**
 * Time to a target against the batch: steps by their law times the time of a step by its curve. Its
 * minimum is at the geometric mean of the critical batch and the batch of half throughput.
 *
 * @param steps law of steps
 * @param throughput curve of time per step
 */
public record TimeToTarget(StepsLaw steps, ThroughputCurve throughput) {
  /** Seconds to the target. */
  public double seconds(double batch) {
    return steps.steps(batch) * throughput.secondsPerStep(batch);
  }

  /** The batch with the least time, between steps of a unit. */
  public double bestBatch() {
    double product = steps.criticalBatch() * throughput.halfBatch();
    return Double.isNaN(product) ? Double.POSITIVE_INFINITY : Math.sqrt(product);
  }

  /** The candidate with the least time; of those within a tolerance of it, the smallest. */
  public long bestOf(List<Long> candidates, double tolerance) {
    double least = candidates.stream().mapToDouble(this::seconds).min().orElseThrow();
    return candidates.stream()
        .filter(b -> seconds(b) <= least * (1 + tolerance))
        .min(Long::compare)
        .orElseThrow();
  }
}
