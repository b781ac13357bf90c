package dev.headroom.app.cli;

import dev.headroom.app.train.NoiseObserver;
import dev.headroom.data.ImageSet;
import dev.headroom.effect.ProbeSchedule;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.plan.ProbePlan;
import dev.headroom.recipe.Recipe;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a run measures the gradient noise scale, and how finely. */
final class NoiseOptions {
  @Option(
      names = "--noise-scale",
      description = {
        "Measure the gradient noise scale while training: up to about this batch, a larger one",
        "saves steps. Costs under 5 %% of the time; its memory is planned."
      })
  private boolean whole;

  @Option(names = "--noise-layers", description = "The same, and for every layer by itself.")
  private boolean layers;

  boolean layers() {
    return layers;
  }

  /** What probes need, or null if none were asked for. */
  @Nullable ProbePlan plan(Graph graph, Recipe recipe, Backend backend, long microBatch) {
    return whole || layers
        ? ProbePlan.of(graph, recipe, backend, microBatch, ProbeSchedule.smallBatch(microBatch))
        : null;
  }

  /** Who takes the probes, or null if none were asked for. */
  @Nullable NoiseObserver observer(ImageSet train, long microBatch, Recipe recipe, long seed) {
    return whole || layers
        ? new NoiseObserver(
            train,
            microBatch * recipe.accumulate(),
            ProbeSchedule.smallBatch(microBatch),
            ProbeSchedule.SHARE,
            seed)
        : null;
  }
}
