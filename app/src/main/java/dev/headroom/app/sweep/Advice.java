package dev.headroom.app.sweep;

import dev.headroom.app.sweep.SweepResult.Clock;
import dev.headroom.data.ImageSet;
import dev.headroom.effect.NoiseScale;
import dev.headroom.effect.StepsLaw;
import dev.headroom.effect.ThroughputCurve;
import dev.headroom.effect.TimeToTarget;
import dev.headroom.graph.Graph;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The batch worth using from one short trial instead of a sweep: one run that measures the noise
 * scale as it goes, and the time of a step at four batches.
 *
 * @param trial the one run
 * @param trialBatch its batch
 * @param curve time of a step
 * @param points what the curve goes through
 * @param fit law and curve together; null if the noise scale stayed unknown
 * @param low the choice with the noise scale at the lower ends of its intervals
 * @param batch the choice, 0 without a law
 * @param high the choice with it at the upper ends
 */
public record Advice(
    RunRecord trial,
    int trialBatch,
    ThroughputCurve curve,
    List<ThroughputCurve.Point> points,
    @Nullable TimeToTarget fit,
    long low,
    long batch,
    long high) {
  /** Of the batches within this of the least time, the one nearest to the trial's is taken. */
  private static final double TOLERANCE = 0.05;

  /** Probes see this many images for each one trained on: the trial is short and about them. */
  private static final double SHARE = 0.3;

  /** Part of the time that goes to the throughput curve. */
  private static final double THROUGHPUT = 0.2;

  /** What an advice is asked for. */
  public record Question(
      Graph graph,
      RunSettings settings,
      ImageSet train,
      ImageSet test,
      List<Long> candidates,
      double seconds,
      Clock clock) {}

  /** Tries, and advises. */
  public static Advice of(
      Question question, Consumer<RunRecord.Look> looked, BooleanSupplier stop) {
    RunSettings settings = question.settings();
    List<Integer> four = spread(question.candidates());
    List<ThroughputCurve.Point> points =
        Trial.throughput(
            question.graph(),
            settings.recipe(),
            question.train(),
            four,
            question.seconds() * THROUGHPUT,
            settings.backend(),
            question.clock());
    long deadline = System.nanoTime() + (long) (question.seconds() * (1 - THROUGHPUT) * 1e9);
    RunRecord trial =
        new Experiment(question.graph(), settings, question.train(), question.test(), SHARE)
            .run(looked, () -> stop.getAsBoolean() || System.nanoTime() > deadline);
    ThroughputCurve curve = ThroughputCurve.fit(points);
    boolean known = trial.noise().stream().anyMatch(e -> !Double.isNaN(e.value()));
    if (!known) {
      return new Advice(trial, settings.batch(), curve, points, null, 0, 0, 0);
    }
    TimeToTarget fit = law(settings.batch(), trial, e -> e.value(), curve);
    return new Advice(
        trial,
        settings.batch(),
        curve,
        points,
        fit,
        best(question, law(settings.batch(), trial, e -> e.low(), curve)),
        best(question, fit),
        best(question, law(settings.batch(), trial, e -> e.high(), curve)));
  }

  private static long best(Question question, TimeToTarget fit) {
    return fit.bestOf(question.candidates(), TOLERANCE, question.settings().batch());
  }

  /** The law with one figure of each estimate; where that is unknown, with the estimate itself. */
  private static TimeToTarget law(
      int batch,
      RunRecord trial,
      ToDoubleFunction<NoiseScale.Estimate> figure,
      ThroughputCurve curve) {
    List<NoiseScale.Estimate> noise =
        trial.noise().stream()
            .map(
                e -> {
                  double value = figure.applyAsDouble(e);
                  return new NoiseScale.Estimate(
                      e.step(),
                      Double.isFinite(value) ? value : e.value(),
                      e.low(),
                      e.high(),
                      e.gradientSquared(),
                      e.trace());
                })
            .toList();
    return new TimeToTarget(StepsLaw.fromNoise(batch, trial.steps(), noise), curve);
  }

  /** At most four of the candidates, from the smallest to the largest. */
  private static List<Integer> spread(List<Long> candidates) {
    int n = candidates.size();
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int value = Math.toIntExact(candidates.get(Math.round(i * (n - 1) / 3f)));
      if (!out.contains(value)) {
        out.add(value);
      }
    }
    return out;
  }
}
