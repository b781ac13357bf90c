package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Peak;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Mlp;
import java.util.List;

/**
 * Why the second iteration takes more memory than the first: gradients live on until the next
 * zero_grad, and the first step leaves the optimizer's state behind. A run that survives one
 * iteration has not proved that it fits.
 */
public final class S01SecondIteration {
  private S01SecondIteration() {}

  /** Prints what lives at the peak of both. */
  public static void main(String[] args) {
    Recipe adam = Recipe.of(Optimizer.ADAM);
    Plan plan =
        new Planner(Mlp.build(784, List.of(128), 10), adam, Backend.cpu(), 0, 0).plan(1024, null);
    for (Peak peak : plan.peaks().iterations()) {
      IO.println(
          "iteration %d: %,d B, in %s"
              .formatted(peak.span().iteration(), peak.liveBytes(), peak.span().phase()));
      for (Category category : Category.values()) {
        long bytes = peak.byCategory().getOrDefault(category, 0L);
        IO.println("  %-16s %,10d B".formatted(category, bytes));
      }
    }
  }
}
