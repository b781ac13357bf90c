package dev.headroom.effect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The batch worth using, from a sweep: of the batches that fit, the smallest whose mean time to the
 * target is within 5 % of the least. How sure: the same choice on resampled seeds.
 *
 * @param batch the choice
 * @param low with 90 % confidence not below this
 * @param high with 90 % confidence not above this
 * @param fit law and curve through all batches, null with fewer than two of them
 * @param pareto batches that no other beats in both time and examples, in the order of batches
 */
public record SweepVerdict(
    long batch, long low, long high, @Nullable TimeToTarget fit, List<Long> pareto) {
  private static final double TOLERANCE = 0.05;
  private static final int RESAMPLES = 500;
  private static final double TAIL = 0.05;

  /**
   * Judges a sweep.
   *
   * @param outcomes of every batch that was tried
   * @param largest the largest batch that may be recommended
   * @return null if no batch that fits reached the target
   */
  public static @Nullable SweepVerdict of(List<BatchOutcome> outcomes, long largest) {
    List<BatchOutcome> arrived = outcomes.stream().filter(o -> !o.runs().isEmpty()).toList();
    List<BatchOutcome> fitting = arrived.stream().filter(o -> o.batch() <= largest).toList();
    if (fitting.isEmpty()) {
      return null;
    }
    double[] means = fitting.stream().mapToDouble(BatchOutcome::meanSeconds).toArray();
    SplittableRandom random = new SplittableRandom(1);
    long[] choices = new long[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      choices[i] =
          choose(fitting, fitting.stream().mapToDouble(o -> resampled(o, random)).toArray());
    }
    Arrays.sort(choices);
    int tail = (int) (TAIL * RESAMPLES);
    long choice = choose(fitting, means);
    return new SweepVerdict(
        choice,
        Math.min(choice, choices[tail]),
        Math.max(choice, choices[RESAMPLES - 1 - tail]),
        arrived.size() < 2 ? null : fit(arrived),
        pareto(arrived));
  }

  private static long choose(List<BatchOutcome> outcomes, double[] seconds) {
    double least = Arrays.stream(seconds).min().orElseThrow();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < seconds.length; i++) {
      if (seconds[i] <= least * (1 + TOLERANCE)) {
        best = Math.min(best, outcomes.get(i).batch());
      }
    }
    return best;
  }

  private static double resampled(BatchOutcome outcome, SplittableRandom random) {
    int n = outcome.runs().size();
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += outcome.runs().get(random.nextInt(n)).seconds();
    }
    return sum / n;
  }

  private static TimeToTarget fit(List<BatchOutcome> outcomes) {
    List<StepsLaw.Point> steps = new ArrayList<>();
    List<ThroughputCurve.Point> times = new ArrayList<>();
    for (BatchOutcome o : outcomes) {
      steps.add(new StepsLaw.Point(o.batch(), o.meanSteps()));
      times.add(new ThroughputCurve.Point(o.batch(), o.meanSeconds() / o.meanSteps()));
    }
    return new TimeToTarget(StepsLaw.fit(steps), ThroughputCurve.fit(times));
  }

  private static List<Long> pareto(List<BatchOutcome> outcomes) {
    List<Long> front = new ArrayList<>();
    for (BatchOutcome o : outcomes) {
      boolean beaten =
          outcomes.stream()
              .anyMatch(
                  other -> other.meanSeconds() < o.meanSeconds() && examples(other) < examples(o));
      if (!beaten) {
        front.add(o.batch());
      }
    }
    front.sort(Long::compare);
    return List.copyOf(front);
  }

  private static double examples(BatchOutcome outcome) {
    return outcome.meanSteps() * outcome.batch();
  }
}
