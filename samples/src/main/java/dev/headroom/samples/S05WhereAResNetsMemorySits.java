package dev.headroom.samples;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a ResNet's memory sits: parameters at the end, activations at the beginning. */
public final class S05WhereAResNetsMemorySits {
  private S05WhereAResNetsMemorySits() {}

  /** Prints bytes by stage: parameters, and what one batch of 8 keeps for backward. */
  public static void main(String[] args) {
    Graph resnet = Zoo.build("resnet18", Options.none());
    Map<String, long[]> stages = new LinkedHashMap<>();
    Ledger ledger = PaperTraining.ledger(resnet, Recipe.of(Optimizer.SGD), List.of(8L), 0);
    for (int i = 0; i < ledger.size(); i++) {
      Node node = ledger.span(i).node();
      if (node != null && ledger.delta(i) > 0) {
        boolean kept = ledger.category(ledger.block(i)) == Category.ACTIVATION;
        stages.computeIfAbsent(stage(node.module()), s -> new long[2])[1] +=
            kept ? ledger.delta(i) : 0;
      }
    }
    for (Input input : resnet.inputs(Input.Kind.PARAMETER)) {
      stages.computeIfAbsent(stage(input.path()), s -> new long[2])[0] += input.type(1).bytes();
    }
    IO.println("%-8s  %14s  %17s".formatted("stage", "parameters", "kept for backward"));
    stages.forEach((s, b) -> IO.println("%-8s  %,12d B  %,15d B".formatted(s, b[0], b[1])));
  }

  private static String stage(String path) {
    return path.isEmpty() ? "itself" : path.split("\\.", -1)[0];
  }
}
