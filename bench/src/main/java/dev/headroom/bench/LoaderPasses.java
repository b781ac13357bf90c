package dev.headroom.bench;

import dev.headroom.data.Batch;
import dev.headroom.data.BatchSource;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Loading;
import dev.headroom.data.Loading.Augment;
import dev.headroom.data.Loading.Order;
import dev.headroom.data.Normalize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Images per second that the data loader prepares of CIFAR-10, with crop and flip, beside {@code
 * bench/loader.py}. Usage: {@code LoaderPasses DATA WORKERS PASSES}; the first pass is not counted,
 * prints the median of the others.
 */
public final class LoaderPasses {
  private static final int BATCH = 64;
  private static final double NANOS = 1e9;

  private LoaderPasses() {}

  /** See above. */
  public static void main(String[] args) {
    ImageSet set = Datasets.open("cifar10", Path.of(args[0]), Datasets.Split.TRAIN);
    int workers = Integer.parseInt(args[1]);
    int passes = Integer.parseInt(args[2]);
    List<Double> speeds = new ArrayList<>();
    for (int epoch = 1; epoch <= passes + 1; epoch++) {
      long start = System.nanoTime();
      int seen = 0;
      try (BatchSource source =
          new BatchSource(
              set,
              Normalize.of(set.format()),
              new Loading(
                  BATCH, Order.SHUFFLED, 1, epoch, false, Augment.CROP_AND_FLIP, workers))) {
        for (Batch b = source.next(); b != null; b = source.next()) {
          seen += b.size();
          source.recycle(b);
        }
      }
      if (epoch > 1) {
        speeds.add(seen / ((System.nanoTime() - start) / NANOS));
      }
    }
    Collections.sort(speeds);
    System.out.println(speeds.get(speeds.size() / 2));
  }
}
