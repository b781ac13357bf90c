package dev.headroom.plan;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Peak;
import dev.headroom.ledger.Timeline;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where live bytes are highest, part of the loop by part.
 *
 * @param first of iteration 1, in which there are no gradients and no optimizer state yet
 * @param later of iteration 2, as of all that follow
 * @param lastBatch of a pass's last, partial batch, or null if there is none
 * @param validation while validating, or null if there is none
 */
public record LoopPeaks(
    Peak first, Peak later, @Nullable Peak lastBatch, @Nullable Peak validation) {

  /** Runs two full batches, a partial one if it has samples, and a validation batch likewise. */
  static LoopPeaks of(
      Graph graph, Recipe recipe, Backend backend, long batch, long partial, long validation) {
    List<Long> batches = new ArrayList<>(List.of(batch, batch));
    if (partial > 0) {
      batches.add(partial);
    }
    Timeline loop = new Timeline(PaperTraining.ledger(graph, recipe, backend, batches, validation));
    return of(loop, partial > 0, validation > 0);
  }

  /** Of a loop of two full batches and, as told, a partial one and validation. */
  static LoopPeaks of(Timeline loop, boolean partial, boolean validation) {
    return new LoopPeaks(
        loop.peak(1),
        loop.peak(2),
        partial ? loop.peak(3) : null,
        validation ? loop.validationPeak() : null);
  }

  /** Of the iterations that every loop has. */
  public List<Peak> iterations() {
    return List.of(first, later);
  }
}
