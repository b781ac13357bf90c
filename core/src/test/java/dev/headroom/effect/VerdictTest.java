package dev.headroom.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static final StepsLaw LAW = new StepsLaw(200, 100_000);
  private static final ThroughputCurve CURVE = new ThroughputCurve(1e-3, 1e-5);

  private static List<BatchOutcome> sweep(double spread) {
    SplittableRandom random = new SplittableRandom(1);
    List<BatchOutcome> out = new ArrayList<>();
    for (long batch = 16; batch <= 2048; batch *= 2) {
      List<BatchOutcome.Arrival> runs = new ArrayList<>();
      for (int seed = 0; seed < 3; seed++) {
        double steps = LAW.steps(batch) * (1 + spread * random.nextGaussian());
        runs.add(new BatchOutcome.Arrival(steps, steps * CURVE.secondsPerStep(batch)));
      }
      out.add(new BatchOutcome(batch, runs));
    }
    return out;
  }

  @Test
  void theFitFindsTheLawAndTheOptimumBetween() {
    SweepVerdict verdict = SweepVerdict.of(sweep(0), Long.MAX_VALUE);
    assertThat(verdict.fit().steps().fewestSteps()).isCloseTo(200, within(1e-6));
    assertThat(verdict.fit().steps().criticalBatch()).isCloseTo(500, within(1e-6));
    assertThat(verdict.fit().throughput().halfBatch()).isCloseTo(100, within(1e-6));
    // sqrt(500 * 100): time grows in both directions from there.
    double best = verdict.fit().bestBatch();
    assertThat(best).isCloseTo(Math.sqrt(50_000), within(1e-6));
    assertThat(verdict.fit().seconds(best)).isLessThan(verdict.fit().seconds(best * 0.9));
    assertThat(verdict.fit().seconds(best)).isLessThan(verdict.fit().seconds(best * 1.1));
    assertThat(verdict.batch()).isEqualTo(256);
    assertThat(verdict.low()).isEqualTo(256);
  }

  @Test
  void theIntervalWidensWithTheSpreadAndHoldsTheChoice() {
    SweepVerdict noisy = SweepVerdict.of(sweep(0.2), Long.MAX_VALUE);
    assertThat(noisy.low()).isLessThan(noisy.high());
    assertThat(noisy.batch()).isBetween(noisy.low(), noisy.high());
  }

  @Test
  void onlyWhatFitsIsRecommendedAndTheFrontRunsFromFewExamplesToLittleTime() {
    assertThat(SweepVerdict.of(sweep(0), 100).batch()).isEqualTo(64);
    assertThat(SweepVerdict.of(sweep(0), 8)).isNull();
    // Beyond the optimum both time and examples grow.
    assertThat(SweepVerdict.of(sweep(0), 4096).pareto()).containsExactly(16L, 32L, 64L, 128L, 256L);
  }

  @Test
  void runsThatNeverArriveAreNoOutcome() {
    assertThat(SweepVerdict.of(List.of(new BatchOutcome(16, List.of())), 100)).isNull();
  }

  @Test
  void oneRunWithItsNoiseGivesTheLaw() {
    // A scale that stays at 500: at batch 64, 200 noiseless steps take 200 * (1 + 500 / 64).
    List<NoiseScale.Estimate> noise = new ArrayList<>();
    for (long step = 100; step < 1700; step += 100) {
      noise.add(new NoiseScale.Estimate(step, 500, 400, 600, 1, 500));
    }
    long steps = Math.round(200 * (1 + 500 / 64.0));
    StepsLaw law = StepsLaw.fromNoise(64, steps, noise);
    assertThat(law.fewestSteps()).isCloseTo(200, within(0.5));
    assertThat(law.criticalBatch()).isCloseTo(500, within(1e-6));
    assertThat(law.steps(64)).isCloseTo(steps, within(1.0));
  }

  @Test
  void timePerStepGoesThroughWhatWasMeasuredWhereItIsNoLine() {
    // A convolution's activations outgrow the allocator's threshold beyond batch 64.
    List<ThroughputCurve.Point> points = new ArrayList<>();
    double[][] perImage = {{16, 665e-6}, {64, 554e-6}, {128, 750e-6}, {512, 1230e-6}};
    for (double[] p : perImage) {
      points.add(new ThroughputCurve.Point(p[0], p[0] * p[1]));
    }
    ThroughputCurve curve = ThroughputCurve.fit(points);
    for (double[] p : perImage) {
      assertThat(curve.secondsPerStep(p[0]) / p[0]).isCloseTo(p[1], within(1e-12));
    }
    assertThat(curve.secondsPerStep(256) / 256).isBetween(750e-6, 1230e-6);
    assertThat(curve.secondsPerStep(32) / 32).isBetween(554e-6, 665e-6);
    assertThat(curve.worstMiss()).isGreaterThan(0.1);
    TimeToTarget time = new TimeToTarget(new StepsLaw(36, 26_000), curve);
    assertThat(time.bestBatch()).isCloseTo(64, within(1.0));
    List<Long> batches = List.of(16L, 32L, 64L, 128L, 256L, 512L);
    assertThat(time.bestOf(batches, 0.01, 512)).isEqualTo(64);
    // With all of them near enough to the least, the one where the law was measured.
    assertThat(time.bestOf(batches, 10, 128)).isEqualTo(128);
    assertThat(time.bestOf(batches, 10, 1)).isEqualTo(16);
  }

  @Test
  void onALineTheCurveIsTheLine() {
    List<ThroughputCurve.Point> points = new ArrayList<>();
    for (double batch : new double[] {1024, 16, 128}) {
      points.add(new ThroughputCurve.Point(batch, CURVE.secondsPerStep(batch)));
    }
    ThroughputCurve curve = ThroughputCurve.fit(points);
    assertThat(curve.worstMiss()).isLessThan(1e-9);
    for (double batch : new double[] {1, 16, 50, 1024, 9000}) {
      assertThat(curve.secondsPerStep(batch)).isCloseTo(CURVE.secondsPerStep(batch), within(1e-9));
    }
    // A single point: in proportion to the batch.
    ThroughputCurve one = ThroughputCurve.fit(List.of(new ThroughputCurve.Point(64, 0.1)));
    assertThat(one.secondsPerStep(128)).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void learningRateFollowsTheBatch() {
    assertThat(LearningRateRule.NONE.rate(1e-3, 1024)).isEqualTo(1e-3);
    assertThat(LearningRateRule.SQRT.rate(1e-3, 1024)).isCloseTo(4e-3, within(1e-12));
    assertThat(LearningRateRule.LINEAR.rate(1e-3, 1024)).isCloseTo(16e-3, within(1e-12));
  }
}
