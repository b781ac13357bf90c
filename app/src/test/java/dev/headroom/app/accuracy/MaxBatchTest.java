package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.app.Progress;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Largest batches on an RTX 3090 that somebody found by trying. */
class MaxBatchTest {
  @Test
  void mostLieInsideAndAlmostNoneIsTooMuchByMoreThanAStep() throws IOException {
    List<TimmRow> rows = TimmRow.read(GroundTruth.file("timm-max-batch-rtx3090-amp-nchw.csv"));
    assertThat(rows).hasSize(838);
    List<MaxBatchSection.Predicted> all = MaxBatchSection.predict(rows, Progress.SILENT);
    Set<TimmRow> left = new LinkedHashSet<>(rows);
    all.forEach(p -> left.remove(p.row()));
    assertThat(left).hasSize(rows.size() - all.size()).hasSizeLessThanOrEqualTo(8);
    assertThat(left)
        .extracting(TimmRow::model)
        .noneMatch(
            model -> model.matches("(?!tresnet).*(resnet|vgg|vit|convnext|mobilenet|swin).*"))
        .containsExactlyInAnyOrderElementsOf(LeftOut.reasons().keySet());
    long inside = all.stream().filter(MaxBatchSection.Predicted::inside).count();
    assertThat((double) inside / all.size()).isGreaterThanOrEqualTo(0.95);
    assertThat(all.stream().filter(p -> p.optimistic() > 1)).hasSizeLessThanOrEqualTo(1);
    List<TrainedNeed> trained = all.stream().map(MaxBatchSection.Predicted::trained).toList();
    for (MaxBatchSection.Predicted p : all) {
      assertThat(p.parameters() / 1e6)
          .as(p.row().model())
          .isCloseTo(p.row().millions(), within(0.0051));
      assertThat(p.cause().isEmpty()).as(p.row().model()).isEqualTo(p.inside());
      assertThat(p.offPercent() >= 0).as(p.row().model()).isEqualTo(p.row().batch() <= p.atMost());
      if (p.optimistic() > 0) {
        assertThat(p.failedBytes()).as(p.row().model()).isGreaterThan(p.trained().bytes());
        assertThat(TrainedNeed.mostAlike(trained, p.trained().calls(), p.failedBytes()))
            .as("a network that trained with as much as " + p.row().model() + " failed with")
            .isNotNull();
      }
    }
  }

  @Test
  void everyRowThatIsNotComparedHasItsReason() throws IOException {
    String reason = LeftOut.reasons().get("tresnet_m");
    assertThat(reason).isNotBlank();
    TimmRow known = new TimmRow("tresnet_m", 8, 224, 1);
    assertThat(LeftOut.byReason(List.of(known))).containsExactly(Map.entry(reason, List.of(known)));
    assertThat(LeftOut.lines(List.of(known))).contains("- " + reason + " (1): tresnet_m.");
    TimmRow unknown = new TimmRow("nobody_tried_this", 8, 224, 1);
    assertThatThrownBy(() -> LeftOut.lines(List.of(known, unknown)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nobody_tried_this");
    assertThat(LeftOut.lines(List.of())).isEmpty();
  }

  @Test
  void distancesAreCountedInTheStepsThatWereTried() {
    MaxBatchSection.Predicted within = predicted(64, 48, 128);
    MaxBatchSection.Predicted exact = predicted(64, 64, 64);
    MaxBatchSection.Predicted tooMuch = predicted(8, 16, 16);
    MaxBatchSection.Predicted tooLittle = predicted(512, 128, 256);
    assertThat(BatchSteps.cell(within)).isEqualTo("-1 to +2");
    assertThat(BatchSteps.cell(exact)).isEqualTo("0");
    assertThat(BatchSteps.cell(tooMuch)).isEqualTo("+2");
    assertThat(BatchSteps.cell(tooLittle)).isEqualTo("-4 to -2");
    assertThat(within.inside() && exact.inside()).isTrue();
    assertThat(tooMuch.inside() || tooLittle.inside()).isFalse();
    assertThat(BatchSteps.lines(List.of(within, exact, tooMuch, tooLittle), new HashMap<>()))
        .contains(
            "| 2 steps above | 1 | 2 | 1 | 2 |",
            "| equal | 1 | 1 | 1 | 1 |",
            "| 1 step below | 1 | 0 | 1 | 0 |",
            "| 2 steps below | 0 | 0 | 0 | 1 |",
            "| 3 or more steps below | 0 | 0 | 1 | 0 |")
        .anyMatch(line -> line.endsWith("found: 0: 2; 1: 0; 2: 0; 3 or more: 1."))
        .anyMatch(line -> line.startsWith("The 2 outside"));
  }

  private static MaxBatchSection.Predicted predicted(long batch, long surely, long atMost) {
    TimmRow row = new TimmRow("net", batch, 224, 1);
    TriedInterval interval = new TriedInterval(surely, atMost);
    return new MaxBatchSection.Predicted(
        row, 1, interval, new TrainedNeed(row, 1, Map.of()), 5, 0, "");
  }

  @Test
  void aWitnessNeedsAsMuchAndIsMostAlike() {
    TrainedNeed small = need("small", 10, Map.of("conv2d", 5));
    TrainedNeed other = need("other", 20, Map.of("linear", 5));
    TrainedNeed half = need("half", 20, Map.of("conv2d", 5, "linear", 5));
    List<TrainedNeed> trained = List.of(small, other, half);
    Map<String, Integer> calls = Map.of("conv2d", 5);
    assertThat(half.alike(calls)).isEqualTo(0.5);
    assertThat(other.alike(calls)).isEqualTo(0);
    assertThat(TrainedNeed.mostAlike(trained, calls, 10)).isEqualTo(small);
    assertThat(TrainedNeed.mostAlike(trained, calls, 20)).isEqualTo(half);
    assertThat(TrainedNeed.mostAlike(trained, calls, 21)).isNull();
  }

  private static TrainedNeed need(String model, long bytes, Map<String, Integer> calls) {
    return new TrainedNeed(new TimmRow(model, 8, 224, 1), bytes, calls);
  }

  @Test
  void theLargestOfThoseTriedIsFoundByHalving() {
    for (long limit : new long[] {0, 1, 2, 5, 100, 511, 512, 9999}) {
      long expected =
          TimmRow.TRIED.stream().filter(b -> b <= limit).mapToLong(b -> b).max().orElse(0);
      assertThat(TimmRow.largest(b -> b <= limit)).isEqualTo(expected);
    }
  }
}
