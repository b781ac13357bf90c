package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.app.Progress;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Largest batches on an RTX 3090 that somebody found by trying. */
class MaxBatchTest {
  @Test
  void ninetyFivePercentLieInsideAndNoneIsTooMuchByMoreThanAStep() throws IOException {
    List<TimmRow> rows = TimmRow.read(GroundTruth.file("timm-max-batch-rtx3090-amp-nchw.csv"));
    assertThat(rows).hasSize(838);
    List<MaxBatchSection.Predicted> all = MaxBatchSection.predict(rows, Progress.SILENT);
    assertThat(all).hasSizeGreaterThanOrEqualTo(35);
    long inside = all.stream().filter(MaxBatchSection.Predicted::inside).count();
    assertThat((double) inside / all.size()).isGreaterThanOrEqualTo(0.95);
    assertThat(all).allMatch(p -> p.optimistic() <= 1);
    for (MaxBatchSection.Predicted p : all) {
      double millions = p.row().graph().parameterCount() / 1e6;
      assertThat(millions)
          .as(p.row().model())
          .isBetween(p.row().millions() - 0.02, p.row().millions() + 0.02);
    }
  }
}
