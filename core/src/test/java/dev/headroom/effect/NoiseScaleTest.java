package dev.headroom.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NoiseScaleTest {
  private static final int SIZE = 400;

  /** Gradients drawn around a known mean with a known covariance. */
  private static NoiseProbe draw(
      SplittableRandom random, double g2, double trace, int small, int n) {
    double mean = Math.sqrt(g2 / SIZE);
    double sd = Math.sqrt(trace / SIZE / small);
    double[] sum = new double[SIZE];
    double smallSquared = 0;
    for (int i = 0; i < n; i++) {
      for (int p = 0; p < SIZE; p++) {
        double value = mean + sd * random.nextGaussian();
        sum[p] += value;
        smallSquared += value * value / n;
      }
    }
    double largeSquared = 0;
    for (double s : sum) {
      largeSquared += s / n * (s / n);
    }
    return new NoiseProbe(0, small, (long) small * n, smallSquared, largeSquared);
  }

  @Test
  void bothPartsAreUnbiased() {
    SplittableRandom random = new SplittableRandom(1);
    double g = 0;
    double t = 0;
    int draws = 2000;
    for (int i = 0; i < draws; i++) {
      NoiseProbe probe = draw(random, 2, 300, 16, 4);
      g += probe.gradientSquared() / draws;
      t += probe.trace() / draws;
    }
    assertThat(g).isCloseTo(2, within(0.05));
    assertThat(t).isCloseTo(300, within(1.0));
  }

  @Test
  void exactWithoutNoise() {
    NoiseScale scale = new NoiseScale();
    // |G|^2 = 3, tr = 600: |G_16|^2 = 40.5, |G_64|^2 = 12.375.
    scale.add(new NoiseProbe(7, 16, 64, 3 + 600 / 16.0, 3 + 600 / 64.0));
    NoiseScale.Estimate estimate = scale.estimate();
    assertThat(estimate.step()).isEqualTo(7);
    assertThat(estimate.value()).isCloseTo(200, within(1e-9));
    assertThat(estimate.low()).as("one probe shows no spread").isNaN();
  }

  @Test
  void nineOfTenIntervalsHoldTheTruth() {
    SplittableRandom random = new SplittableRandom(2);
    int held = 0;
    int runs = 400;
    for (int run = 0; run < runs; run++) {
      NoiseScale scale = new NoiseScale();
      for (int i = 0; i < 20; i++) {
        scale.add(draw(random, 1, 200, 16, 8));
      }
      NoiseScale.Estimate e = scale.estimate();
      held += e.low() <= 200 && 200 <= e.high() ? 1 : 0;
    }
    // The spread is known from few probes, so somewhat fewer than 90 %.
    assertThat(held / (double) runs).isBetween(0.78, 0.95);
  }

  @Test
  void saysSoWhenTheGradientIsLostInNoise() {
    SplittableRandom random = new SplittableRandom(3);
    NoiseScale scale = new NoiseScale();
    for (int i = 0; i < 8; i++) {
      scale.add(draw(random, 0.001, 1000, 4, 4));
    }
    NoiseScale.Estimate e = scale.estimate();
    assertThat(e.high()).isInfinite();
    assertThat(e.low()).isPositive().isFinite();
  }

  @Test
  void probesStayWithinTheirShare() {
    for (long batch : new long[] {1, 16, 64, 1024}) {
      ProbeSchedule schedule =
          new ProbeSchedule(batch, ProbeSchedule.smallBatch(batch), ProbeSchedule.SHARE);
      long trained = 0;
      long probed = 0;
      for (int step = 0; step < 2000 + 1_000_000 / batch; step++) {
        schedule.trained();
        trained += batch;
        int count = schedule.due(step < 1000 ? Double.NaN : 700);
        if (count > 0) {
          schedule.probed(count);
          probed += count * schedule.small();
        }
      }
      assertThat((double) probed / trained)
          .isBetween(0.7 * ProbeSchedule.SHARE, ProbeSchedule.SHARE);
    }
  }
}
