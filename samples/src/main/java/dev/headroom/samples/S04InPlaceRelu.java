package dev.headroom.samples;

import static java.util.Objects.requireNonNull;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Conv;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.ledger.Category;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import dev.headroom.tensor.DType;

/**
 * What an in-place ReLU saves: neither what autograd keeps, since backward needs the ReLU's result
 * either way, nor the peak of training, which comes later. It saves the moment in which input and
 * result are both alive, and that is the peak where nothing is kept: in validation.
 */
public final class S04InPlaceRelu {
  private S04InPlaceRelu() {}

  /** Prints both ways. */
  public static void main(String[] args) {
    for (boolean inPlace : new boolean[] {false, true}) {
      GraphBuilder g = new GraphBuilder("conv");
      String x = g.conv2d("conv", g.input(DType.FLOAT32, 3, 64, 64), Conv.of(3, 64, 3).padding(1));
      x = inPlace ? g.reluInPlace("relu", x) : g.relu("relu", x);
      x = g.linear("fc", g.flatten(g.adaptiveAvgPool2d("pool", x, 1)), 64, 10);
      Plan plan =
          new Planner(g.build(x), Recipe.of(Optimizer.SGD), Backend.cpu(), 0, 32).plan(32, null);
      IO.println(
          "%-12s  kept for backward %s, training %s, validation %s"
              .formatted(
                  inPlace ? "in place" : "not in place",
                  Bytes.format(plan.bytes().getOrDefault(Category.ACTIVATION, 0L)),
                  Bytes.format(plan.peaks().later().liveBytes()),
                  Bytes.format(requireNonNull(plan.peaks().validation()).liveBytes())));
    }
  }
}
