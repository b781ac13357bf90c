package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.app.Progress;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Largest batches on an RTX 3090 that somebody found by trying. */
class MaxBatchTest {
  @Test
  void mostLieInsideAndAlmostNoneIsTooMuchByMoreThanAStep() throws IOException {
    List<TimmRow> rows = TimmRow.read(GroundTruth.file("timm-max-batch-rtx3090-amp-nchw.csv"));
    assertThat(rows).hasSize(838);
    List<MaxBatchSection.Predicted> all = MaxBatchSection.predict(rows, Progress.SILENT);
    assertThat(all).hasSizeGreaterThanOrEqualTo(780);
    long inside = all.stream().filter(MaxBatchSection.Predicted::inside).count();
    assertThat((double) inside / all.size()).isGreaterThanOrEqualTo(0.95);
    assertThat(all.stream().filter(p -> p.optimistic() > 1)).hasSizeLessThanOrEqualTo(1);
    for (MaxBatchSection.Predicted p : all) {
      assertThat(p.parameters() / 1e6)
          .as(p.row().model())
          .isCloseTo(p.row().millions(), within(0.0051));
      assertThat(p.cause().isEmpty()).as(p.row().model()).isEqualTo(p.inside());
    }
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
