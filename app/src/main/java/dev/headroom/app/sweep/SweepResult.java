package dev.headroom.app.sweep;

import dev.headroom.app.sweep.RunRecord.End;
import dev.headroom.effect.BatchOutcome;
import dev.headroom.effect.NoiseScale;
import dev.headroom.effect.SweepVerdict;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * All runs of a sweep.
 *
 * @param network its name
 * @param data the set's name
 * @param target test accuracy, a fraction
 * @param seeds runs per batch that were asked for
 * @param clock which time the verdict rests on
 * @param batches in ascending order
 * @param doNotFit batches that were asked for and need more memory than there is
 * @param largest the largest batch that may be recommended: 80 % of what fits, at most the data
 */
public record SweepResult(
    String network,
    String data,
    double target,
    int seeds,
    Clock clock,
    List<PerBatch> batches,
    List<Integer> doNotFit,
    long largest) {
  /** Which time a verdict rests on. */
  public enum Clock {
    /** Processor time of the training thread: right for one thread, undisturbed by others. */
    PROCESSOR,
    /** Time by the clock. */
    WALL
  }

  /**
   * The runs at one batch.
   *
   * @param batch images in a step
   * @param learningRate at this batch
   * @param peakBytes predicted live peak of training at this batch, without noise probes, which
   *     only the first seed takes
   * @param runs one per seed that ended
   */
  public record PerBatch(int batch, double learningRate, long peakBytes, List<RunRecord> runs) {
    public PerBatch {
      runs = List.copyOf(runs);
    }

    /** The runs that reached the target. */
    public List<RunRecord> arrived() {
      return runs.stream().filter(r -> r.end() == End.ARRIVED).toList();
    }
  }

  /** Mean and spread over seeds. */
  public record Stat(double mean, double sd, int n) {
    /** Of a figure of some runs; the deviation of a single run is 0. */
    public static Stat of(List<RunRecord> runs, ToDoubleFunction<RunRecord> figure) {
      double mean = runs.stream().mapToDouble(figure).average().orElse(Double.NaN);
      double squares = runs.stream().mapToDouble(figure).map(v -> (v - mean) * (v - mean)).sum();
      return new Stat(
          mean, runs.size() < 2 ? 0 : Math.sqrt(squares / (runs.size() - 1)), runs.size());
    }
  }

  public SweepResult {
    batches = List.copyOf(batches);
    doNotFit = List.copyOf(doNotFit);
  }

  /** Seconds of a run on the clock that counts. */
  public double seconds(RunRecord run) {
    return clock == Clock.PROCESSOR ? run.cpuSeconds() : run.seconds();
  }

  /** The batch worth using, or null if no run reached the target. */
  public @Nullable SweepVerdict verdict() {
    return SweepVerdict.of(
        batches.stream()
            .map(
                b ->
                    new BatchOutcome(
                        b.batch(),
                        b.arrived().stream()
                            .map(r -> new BatchOutcome.Arrival(r.steps(), seconds(r)))
                            .toList()))
            .toList(),
        largest);
  }

  /** The noise scale over the run that measured it most often, empty if none did. */
  public List<NoiseScale.Estimate> noise() {
    return batches.stream()
        .flatMap(b -> b.runs().stream())
        .map(RunRecord::noise)
        .max(Comparator.comparingInt(List::size))
        .orElse(List.of());
  }
}
