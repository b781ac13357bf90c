package dev.headroom.app.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.app.sweep.RunRecord.Look;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LossCurveTest {
  private static List<Look> looks(int n) {
    return IntStream.rangeClosed(1, n)
        .mapToObj(i -> new Look(10L * i, i / 100.0, 2.0 / i, 0.5, 1))
        .toList();
  }

  @Test
  void manyLooksBecomeFewPointsThatStandForAllOfThem() {
    List<Look> looks = looks(1000);
    for (boolean logarithmic : new boolean[] {true, false}) {
      LossCurve curve = LossCurve.of(looks, look -> look.step(), logarithmic);
      assertThat(curve.loss()).hasSizeBetween(10, 18);
      assertThat(curve.position()).isSorted();
      assertThat(curve.loss()[0]).isGreaterThan(curve.loss()[1]);
    }
    // Evenly distributed, all but the two ends stand for equally many looks.
    LossCurve even = LossCurve.of(looks, Look::seconds, false);
    assertThat(even.position()[9] - even.position()[8]).isCloseTo(9.99 / 17, within(0.02));
  }

  @Test
  void fewLooksStayAsTheyAre() {
    LossCurve curve = LossCurve.of(looks(5), look -> look.step(), false);
    assertThat(curve.position()).containsExactly(10, 20, 30, 40, 50);
    assertThat(curve.loss()).containsExactly(2.0, 1.0, 2.0 / 3, 0.5, 0.4);
  }

  @Test
  void oneLookIsOnePoint() {
    assertThat(LossCurve.of(looks(1), look -> look.step(), true).loss()).containsExactly(2.0);
  }
}
