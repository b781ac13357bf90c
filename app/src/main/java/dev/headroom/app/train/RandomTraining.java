package dev.headroom.app.train;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.loop.Target;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.SampleValues;
import dev.headroom.torch.TorchEngine;
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

  /** Trains on {@link SampleValues}, against targets of zeros. */
  public static Result run(
      Graph graph,
      Recipe recipe,
      Target target,
      Backend backend,
      TrainingLoop.Initializer<Tensor> values,
      long batch,
      long seed) {
    SampleValues samples = new SampleValues(graph, seed);
    try (TorchEngine engine = new TorchEngine(backend, seed);
        TrainingLoop<Tensor> loop = new TrainingLoop<>(engine, graph, recipe, target, values)) {
      long start = System.nanoTime();
      for (int i = 0; i < STEPS; i++) {
        loop.iterate(batch, samples);
      }
      return new Result(
          engine.recorded().ledger(),
          engine.scalar(loop.loss()) * recipe.accumulate(),
          (System.nanoTime() - start) / 1e9);
    }
  }
}
