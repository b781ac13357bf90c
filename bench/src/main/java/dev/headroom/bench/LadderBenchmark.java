package dev.headroom.bench;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.plan.Budget;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Mlp;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Plans of ever deeper networks: MLPs of width 8, two calls a layer, SGD, two iterations. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class LadderBenchmark {
  private static final Recipe RECIPE = Recipe.of(Optimizer.SGD);

  /** Calls of the graph. */
  @Param({"1001", "10001", "100001"})
  int calls;

  private Graph graph = mlp(1);

  /** The network, which is not what is measured. */
  @Setup
  public void build() {
    graph = mlp(calls / 2);
  }

  private static Graph mlp(int hidden) {
    return Mlp.build(8, Collections.nCopies(hidden, 8), 8);
  }

  /** The plan at batch 1. */
  @Benchmark
  public Plan plan() {
    return new Planner(graph, RECIPE, Backend.cpu(), 0, 0).plan(1, null);
  }

  /** The same with the largest batch for a budget. */
  @Benchmark
  public Plan planWithLargestBatch() {
    Budget budget = new Budget(8L << 30, Budget.Source.GIVEN);
    return new Planner(graph, RECIPE, Backend.cpu(), 0, 0).plan(1, budget);
  }
}
