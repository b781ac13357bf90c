package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.app.Progress;
import java.io.IOException;
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
        .noneMatch(model -> model.matches("(?!tresnet).*(resnet|vgg|vit|convnext|mobilenet|swin).*"))
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
