package dev.headroom.app.train;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Ledger;
import dev.headroom.loop.Target;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * A few steps on random samples, for a network that no data set is made for: there is nothing to
 * learn, but the memory is that of training.
 */
public final class RandomTraining {
  /** The first iteration, and two of the steady state. */
  public static final int STEPS = 3;

  private RandomTraining() {}

  /**
   * What the steps came to.
   *
   * @param measured every allocation, as libtorch reported it
   * @param loss of the last step
   * @param seconds for all steps
   */
  public record Result(Ledger measured, double loss, double seconds) {}

  /** Trains on noise, on random tokens, and against targets of zeros. */
  public static Result run(
      Graph graph,
      Recipe recipe,
      Target target,
      Backend backend,
      TrainingLoop.Initializer<Tensor> values,
      long batch,
      long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Input sample = graph.inputs(Input.Kind.USER).getFirst();
    long tokens = tokens(graph, sample);
    try (TorchEngine engine = new TorchEngine(backend, seed);
        TrainingLoop<Tensor> loop = new TrainingLoop<>(engine, graph, recipe, target, values)) {
      long start = System.nanoTime();
      for (int i = 0; i < STEPS; i++) {
        loop.iterate(
            batch,
            (x, y) -> {
              fill(sample.dtype(), Values.memory(x), tokens, random);
              Values.memory(y).fill((byte) 0);
            });
      }
      return new Result(
          engine.recorded().ledger(),
          engine.scalar(loop.loss()) * recipe.accumulate(),
          (System.nanoTime() - start) / 1e9);
    }
  }

  private static void fill(
      DType dtype, MemorySegment memory, long tokens, SplittableRandom random) {
    memory.fill((byte) 0);
    if (dtype == DType.FLOAT32) {
      for (long i = 0; i < memory.byteSize() / Float.BYTES; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
    } else if (dtype == DType.INT64 && tokens > 1) {
      for (long i = 0; i < memory.byteSize() / Long.BYTES; i++) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, i, random.nextLong(tokens));
      }
    }
  }

  /** How many tokens the embeddings know that the sample goes into; 1 if there are none. */
  private static long tokens(Graph graph, Input sample) {
    long tokens = Long.MAX_VALUE;
    for (Node node : graph.nodes()) {
      if (node.op().equals("aten.embedding.default")
          && node.arguments().size() > 1
          && node.arguments().get(1).equals(new Argument.OfTensor(sample.name()))
          && node.arguments().get(0) instanceof Argument.OfTensor weight) {
        for (Input input : graph.inputs()) {
          if (input.name().equals(weight.name())) {
            tokens = Math.min(tokens, input.type(1).size(0));
          }
        }
      }
    }
    return tokens == Long.MAX_VALUE ? 1 : tokens;
  }
}
