package dev.headroom.plan;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Peak;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.GradientNoise;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.recipe.Recipe;

/**
 * What measuring the gradient noise scale adds to the memory of training: a probe comes after a
 * step, when optimizer state exists, and holds the sum of its small batches' gradients beside the
 * gradient at hand.
 *
 * @param small examples in a small batch
 * @param peak highest live bytes from the last step before a probe to the step after it, both
 *     included
 */
public record ProbePlan(long small, Peak peak) {
  private static final int BEFORE = 2;

  /** Two small batches already show the peak: a third adds in place. */
  private static final int COUNT = 3;

  /** Plans probes of a training. */
  public static ProbePlan of(Graph graph, Recipe recipe, Backend backend, long batch, long small) {
    return new ProbePlan(
        small, new Timeline(ledger(graph, recipe, backend, batch, small, COUNT)).peak());
  }

  /** The ledger of two iterations, a probe, and a further iteration. */
  public static Ledger ledger(
      Graph graph, Recipe recipe, Backend backend, long batch, long small, int count) {
    LedgerWriter writer = new LedgerWriter();
    PaperEngine engine = new PaperEngine(writer, backend);
    TrainingLoop<PaperTensor> loop =
        new TrainingLoop<>(engine, graph, recipe, (input, tensor) -> {});
    for (int i = 0; i < BEFORE; i++) {
      loop.iterate(batch, (x, y) -> {});
    }
    new GradientNoise<>(engine, loop, t -> 0).measure(small, count, (x, y) -> {});
    loop.iterate(batch, (x, y) -> {});
    return writer.ledger();
  }
}
