package dev.headroom.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.data.Loading.Augment;
import dev.headroom.data.Loading.Order;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** CIFAR-10 with crop and flip beside PyTorch's DataLoader, one after the other in one run. */
@Tag("soak")
class LoaderThroughputTest {
  private static final int COUNT = 5_000;
  private static final int PASSES = 4;

  private static double imagesPerSecond(ImageSet set, int workers) {
    Normalize normalize = Normalize.of(set.format());
    double best = 0;
    for (int epoch = 1; epoch <= PASSES; epoch++) {
      long start = System.nanoTime();
      int seen = 0;
      try (BatchSource source =
          new BatchSource(
              set,
              normalize,
              new Loading(64, Order.SHUFFLED, 1, epoch, false, Augment.CROP_AND_FLIP, workers))) {
        for (Batch b = source.next(); b != null; b = source.next()) {
          seen += b.size();
          source.recycle(b);
        }
      }
      best = Math.max(best, seen / ((System.nanoTime() - start) / 1e9));
    }
    return best;
  }

  @Test
  void fiveTimesThePeer() throws Exception {
    Path datasets = TestFiles.shared();
    String python = System.getenv().getOrDefault("HEADROOM_PYTHON", "python3");
    Process process;
    try {
      process =
          new ProcessBuilder(
                  python,
                  Path.of(getClass().getResource("/loader_throughput.py").toURI()).toString(),
                  datasets.resolve("cifar-10/test_batch.bin.gz").toString(),
                  Integer.toString(COUNT))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      Assumptions.abort("skipped: no Python (set HEADROOM_PYTHON)");
      return;
    }
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Assumptions.assumeTrue(
        process.waitFor() == 0, "skipped: no Python with torchvision (set HEADROOM_PYTHON)");
    ImageSet set = Datasets.open("cifar10", datasets, Datasets.Split.TEST).first(COUNT);
    double[] ours = {imagesPerSecond(set, 1), imagesPerSecond(set, 2)};
    double best = 0;
    for (String line : out.strip().split("\n")) {
      best = Math.max(best, Double.parseDouble(line.split(" ")[1]));
    }
    System.out.println(
        "images/s, crop and flip: DataLoader by workers "
            + out.replace("\n", "; ")
            + "Headroom, 1 worker "
            + ours[0]
            + ", 2 workers "
            + ours[1]);
    assertThat(Math.max(ours[0], ours[1]) / best).isGreaterThan(5);
  }
}
