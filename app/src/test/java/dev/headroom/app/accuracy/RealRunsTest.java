package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.app.Progress;
import dev.headroom.importers.device.DeviceCatalogue;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** 3,000 real trainings on an A100, to the MiB. */
class RealRunsTest {
  @Test
  void ninetySevenPercentAreExactAndNinetyNineWithinTwoMiB() throws IOException {
    List<MeasuredRun> runs = MeasuredRun.read(GroundTruth.file("gpumemnet-mlp-a100.csv"));
    assertThat(runs).hasSize(3000);
    List<RunsSection.Row> all = RunsSection.predict(runs, Progress.SILENT);
    List<RunsSection.Row> trained = all.stream().filter(r -> !r.run().hasOneOutput()).toList();
    assertThat(trained).hasSize(3000 - 22);
    RunsSection.Fit fit = RunsSection.fit(trained);
    assertThat(fit.share(0)).isGreaterThanOrEqualTo(0.97);
    assertThat(fit.share(2)).isGreaterThanOrEqualTo(0.99);
    // The catalogue's card has the context that was fitted here, and no other.
    assertThat(DeviceCatalogue.find(RunsSection.DEVICE).contextBytes())
        .isEqualTo(fit.constantMiB() << 20);
    // The program that ends in its loss never loads the kernels of backward: always 8 to 12 MiB.
    for (RunsSection.Row row : all) {
      if (row.run().hasOneOutput()) {
        assertThat(row.reservedMiB() + fit.constantMiB() - row.run().measuredMiB())
            .isBetween(8L, 12L);
      }
    }
  }
}
