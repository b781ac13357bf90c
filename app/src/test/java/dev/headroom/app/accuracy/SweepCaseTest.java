package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Figures of a sweep whose laws are known: 100 + 6,400 / batch steps of 1 ms + 10 us x batch. */
class SweepCaseTest {
  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static double seconds(int batch) {
    return (100 + 6400.0 / batch) * (1e-3 + 1e-5 * batch);
  }

  private static String row(int batch, int arrived) {
    return String.format(
        java.util.Locale.ROOT,
        "{'batch': %d, 'runs': 3, 'arrived': %d, 'stepsToTarget': {'mean': %f, 'sd': 0, 'n': 3},"
            + " 'cpuSecondsToTarget': {'mean': %f, 'sd': 0.01, 'n': 3}}",
        batch,
        arrived,
        100 + 6400.0 / batch,
        seconds(batch));
  }

  private static SweepCase sweep() {
    return new SweepCase(
        json(
            "{'clock': 'processor', 'batches': ["
                + String.join(",", row(16, 3), row(64, 3), row(256, 3), row(1024, 2))
                + "]}"),
        List.of());
  }

  @Test
  void onlyBatchesAtWhichEverySeedArrivedCount() {
    assertThat(sweep().actual()).extracting(SweepCase.Actual::batch).containsExactly(16, 64, 256);
    assertThat(sweep().leastSeconds()).isCloseTo(seconds(64), within(1e-6));
  }

  @Test
  void theLawOfTheOthersForetellsTheOneLeftOut() {
    for (int batch : new int[] {16, 64, 256}) {
      assertThat(sweep().without(batch).seconds(batch)).isCloseTo(seconds(batch), within(1e-4));
    }
  }

  @Test
  void anAdviceIsHeldAgainstTheLeastTime() {
    JsonNode good = json("{'worthUsing': {'batch': 256}, 'trial': {'arrived': false}}");
    assertThat(sweep().regret(good).orElseThrow())
        .isCloseTo(seconds(256) / seconds(64) - 1, within(1e-5));
    assertThat(SweepCase.foretold(good, 64)).isEmpty();
    // Nobody knows the time at a batch that did not arrive, or at none at all.
    assertThat(sweep().regret(json("{'worthUsing': {'batch': 1024}}"))).isEmpty();
    assertThat(sweep().regret(json("{}"))).isEmpty();
  }
}
