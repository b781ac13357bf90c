package dev.headroom.effect;

import java.util.List;

/**
 * What training at one batch came to, seed by seed; only runs that reached the target count.
 *
 * @param batch examples in a step
 * @param runs one per seed that arrived
 */
public record BatchOutcome(long batch, List<Arrival> runs) {
  /**
   * A run that reached the target.
   *
   * @param steps to the target
   * @param seconds to the target, in training steps alone
   */
  public record Arrival(double steps, double seconds) {}

  public BatchOutcome {
    runs = List.copyOf(runs);
  }

  /** Mean steps to the target, NaN if no run arrived. */
  public double meanSteps() {
    return runs.stream().mapToDouble(Arrival::steps).average().orElse(Double.NaN);
  }

  /** Mean seconds to the target, NaN if no run arrived. */
  public double meanSeconds() {
    return runs.stream().mapToDouble(Arrival::seconds).average().orElse(Double.NaN);
  }
}
