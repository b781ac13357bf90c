package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Peak;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.List;

/**
 * What a batch costs: a fixed part, and for each sample the same again. While the peak is in the
 * optimizer's step, a sample costs what outlives backward: its values, its label, its output. Once
 * the peak is in backward, it costs its activations too: a second, steeper line.
 */
public final class S02BatchIsAStraightLine {
  private S02BatchIsAStraightLine() {}

  /** Prints the peak at some batches and the slope between them. */
  public static void main(String[] args) {
    Graph mlp = Zoo.build("mlp", Options.none().sample(List.of(3L, 32L, 32L)));
    Planner planner = new Planner(mlp, Recipe.of(Optimizer.ADAM), Backend.cpu(), 0, 0);
    Peak before = planner.plan(8, null).peak();
    for (long batch = 16; batch <= 16_384; batch *= 2) {
      Peak peak = planner.plan(batch, null).peak();
      long slope = (peak.liveBytes() - before.liveBytes()) / (batch - batch / 2);
      IO.println(
          "batch %,6d: %,11d B in %-9s  %,6d B per sample"
              .formatted(batch, peak.liveBytes(), peak.span().phase(), slope));
      before = peak;
    }
  }
}
