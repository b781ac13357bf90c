package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import dev.headroom.tensor.DType;
import org.jspecify.annotations.Nullable;

/** A model of your own, written as a forward method is, and the largest batch for a budget. */
public final class S06ModelOfYourOwn {
  private S06ModelOfYourOwn() {}

  /** Prints its size and what fits. */
  public static void main(String[] args) {
    GraphBuilder g = new GraphBuilder("mine", "Mine");
    String x = g.conv2d("stem", g.input(DType.FLOAT32, 3, 32, 32), Conv.of(3, 32, 3).padding(1));
    for (int i = 0; i < 4; i++) {
      x = g.module("blocks." + i, "Block", x, in -> block(g, in));
    }
    x = g.flatten(g.adaptiveAvgPool2d("pool", x, 1));
    Graph graph = g.build(g.linear("head", x, 32, 10));
    Budget budget = new Budget(1L << 30, Budget.Source.GIVEN);
    @Nullable LargestBatch largest =
        new Planner(graph, Recipe.of(Optimizer.ADAMW), Backend.cpu(), 0, 0)
            .plan(1, budget)
            .largestBatch();
    IO.println("%,d parameters".formatted(graph.parameterCount()));
    IO.println(
        largest == null
            ? "not even one sample fits"
            : "batch %d fits into %s, %d does not; use %d"
                .formatted(
                    largest.fits(),
                    Bytes.format(budget.bytes()),
                    largest.failsAt(),
                    largest.recommended()));
  }

  private static String block(GraphBuilder g, String x) {
    String y = g.conv2d("conv", x, Conv.of(32, 32, 3).padding(1).noBias());
    return g.reluInPlace("relu", g.add(g.batchNorm2d("bn", y, 32), x));
  }
}
