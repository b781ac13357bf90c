package dev.headroom.bench;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import dev.headroom.zoo.Gpt;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * Steps per second of zero_grad, forward, loss, backward and Adam on fixed random data, float32 on
 * the CPU: the networks and batches of {@code train_step.py}, measured in the same way. Usage:
 * {@code TrainStep MODEL THREADS SECONDS ROUNDS none|blocks}; prints one line of JSON.
 */
public final class TrainStep {
  private static final double NANOS = 1e9;

  private TrainStep() {}

  private record Case(Graph graph, int batch) {}

  private static Case model(String name) {
    Options images = Options.none();
    return switch (name) {
      case "resnet18" ->
          new Case(Zoo.build(name, images.sample(List.of(3L, 32L, 32L)).classes(10)), 64);
      case "resnet50" -> new Case(Zoo.build(name, images), 4);
      case "vit_b_16" -> new Case(Zoo.build(name, images), 2);
      case "gpt" -> new Case(new Gpt(4, 256, 8, 1000, 128, false).build(), 8);
      default -> throw new IllegalArgumentException("no network " + name);
    };
  }

  /** Runs one case. */
  public static void main(String[] args) {
    Case c = model(args[0]);
    int threads = Integer.parseInt(args[1]);
    double seconds = Double.parseDouble(args[2]);
    int rounds = Integer.parseInt(args[3]);
    Recipe recipe =
        Recipe.of(Optimizer.ADAM)
            .with(BatchArrival.FIXED)
            .with(Checkpoint.parse(args[4]));
    SplittableRandom random = new SplittableRandom(1);
    try (TorchEngine engine = new TorchEngine(Backend.cpu().withThreads(threads), 1);
        TrainingLoop<Tensor> loop =
            new TrainingLoop<>(
                engine, c.graph(), recipe, (in, t) -> Values.initialize(in.init(), t, random))) {
      for (int i = 0; i < 3; i++) {
        loop.iterate(c.batch(), (x, y) -> fill(engine, x.getFirst(), y, random));
      }
      Ledger recorded = engine.recorded().ledger();
      engine.stopRecording();
      steps(loop, c.batch(), NANOS);
      List<Double> rates = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        rates.add(steps(loop, c.batch(), seconds * NANOS));
      }
      IO.println(
          String.format(
              Locale.ROOT,
              "{\"model\":\"%s\",\"threads\":%d,\"checkpoint\":\"%s\",\"steps_per_s\":%.3f,"
                  + "\"peak_live_bytes\":%d}",
              args[0],
              threads,
              args[4],
              Collections.max(rates),
              new Timeline(recorded).peak().liveBytes()));
    }
  }

  /** Steps per second over at least a time. */
  private static double steps(TrainingLoop<Tensor> loop, int batch, double nanos) {
    long start = System.nanoTime();
    int steps = 0;
    do {
      loop.iterate(batch, (x, y) -> {});
      steps++;
    } while (System.nanoTime() - start < nanos);
    return steps * NANOS / (System.nanoTime() - start);
  }

  private static void fill(TorchEngine engine, Tensor x, Tensor y, SplittableRandom random) {
    for (Tensor tensor : List.of(x, y)) {
      MemorySegment memory = Values.memory(tensor);
      boolean whole = engine.type(tensor).dtype() == DType.INT64;
      for (long i = 0; i < tensor.numel(); i++) {
        if (whole) {
          memory.setAtIndex(ValueLayout.JAVA_LONG, i, random.nextInt(10));
        } else {
          memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
      }
    }
  }
}
