package dev.headroom.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class InitTest {
  private static final int DRAWS = 200_000;

  private static double[] draw(Init init) {
    SplittableRandom random = new SplittableRandom(7);
    return DoubleStream.generate(() -> init.next(random)).limit(DRAWS).toArray();
  }

  private static double mean(double[] values) {
    return DoubleStream.of(values).average().orElseThrow();
  }

  private static double deviation(double[] values) {
    double mean = mean(values);
    return Math.sqrt(DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).sum() / DRAWS);
  }

  private static double largest(double[] values) {
    return DoubleStream.of(values).map(Math::abs).max().orElseThrow();
  }

  @Test
  void constantIsTheSameEverywhere() {
    assertThat(draw(new Init.Constant(0.5))).containsOnly(0.5);
  }

  @Test
  void uniformFillsItsRangeEvenly() {
    double[] values = draw(new Init.Uniform(0.3));
    assertThat(mean(values)).isCloseTo(0, within(0.002));
    assertThat(deviation(values)).isCloseTo(0.3 / Math.sqrt(3), within(0.001));
    assertThat(largest(values)).isBetween(0.2999, 0.3);
  }

  @Test
  void normalHasItsDeviationAndTails() {
    double[] values = draw(new Init.Normal(0.1));
    assertThat(mean(values)).isCloseTo(0, within(0.002));
    assertThat(deviation(values)).isCloseTo(0.1, within(0.001));
    assertThat(largest(values)).isBetween(0.35, 0.7);
  }

  @Test
  void truncatedNormalStaysWithinItsBound() {
    double[] values = draw(new Init.TruncatedNormal(1, 2));
    assertThat(largest(values)).isBetween(1.99, 2.0);
    // The deviation of a normal cut at two deviations: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)).
    assertThat(deviation(values)).isCloseTo(0.87963, within(0.005));
  }

  @Test
  void rulesOfTorchNnInit() {
    assertThat(Init.kaimingNormalFanOut(64, 3, 7, 7))
        .isEqualTo(new Init.Normal(Math.sqrt(2.0 / (64 * 49))));
    assertThat(Init.defaultUniform(400)).isEqualTo(new Init.Uniform(0.05));
    assertThat(Init.xavierUniform(2, 4)).isEqualTo(new Init.Uniform(1));
    assertThat(Init.truncatedNormal(0.02)).isEqualTo(new Init.TruncatedNormal(0.02, 2));
  }
}
