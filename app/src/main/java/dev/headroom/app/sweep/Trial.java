package dev.headroom.app.sweep;

import dev.headroom.data.Batch;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Normalize;
import dev.headroom.data.RandomBatches;
import dev.headroom.effect.ThroughputCurve;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/** Median time per step at a few batches, one after the other. */
final class Trial {
  /** Steps before any is timed: the first ones create state and warm caches. */
  private static final int WARM = 3;

  private Trial() {}

  /**
   * Measures.
   *
   * @param batches at which to measure
   * @param seconds for all of it, about
   * @param clock which time counts
   */
  static List<ThroughputCurve.Point> throughput(
      Graph graph,
      Recipe recipe,
      ImageSet train,
      List<Integer> batches,
      double seconds,
      Backend backend,
      SweepResult.Clock clock) {
    Normalize normalize = Normalize.of(train.format());
    List<ThroughputCurve.Point> out = new ArrayList<>();
    double each = seconds / batches.size();
    for (int batch : batches) {
      try (TorchEngine engine = new TorchEngine(backend, 0);
          RandomBatches data = new RandomBatches(train, normalize, batch, 0)) {
        SplittableRandom random = new SplittableRandom(0);
        try (TrainingLoop<Tensor> loop =
            new TrainingLoop<>(
                engine, graph, recipe, (in, t) -> Values.initialize(in.init(), t, random))) {
          engine.stopRecording();
          Batch images = data.next();
          List<Double> times = new ArrayList<>();
          long deadline = System.nanoTime() + (long) (each * 1e9);
          while (times.size() < 2 * WARM || System.nanoTime() < deadline) {
            long start = now(clock);
            loop.iterate(
                batch,
                (x, y) -> {
                  Values.copy(images.images(), x.getFirst());
                  Values.copy(images.labels(), y);
                });
            times.add((now(clock) - start) / 1e9);
          }
          List<Double> timed = times.subList(WARM, times.size()).stream().sorted().toList();
          out.add(new ThroughputCurve.Point(batch, timed.get(timed.size() / 2)));
        }
      }
    }
    return out;
  }

  private static long now(SweepResult.Clock clock) {
    return clock == SweepResult.Clock.PROCESSOR
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }
}
