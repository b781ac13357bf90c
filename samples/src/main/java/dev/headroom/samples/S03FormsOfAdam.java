package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;

/**
 * What the form of Adam's step costs. The for-loop needs scratch for one parameter at a time, the
 * multi-tensor form (foreach) for all of them at once, the fused one for none.
 */
public final class S03FormsOfAdam {
  private S03FormsOfAdam() {}

  /** Prints the peak of each form, for one sample, where the step is what counts. */
  public static void main(String[] args) {
    Graph gpt = Zoo.build("gpt", Options.none());
    for (Optimizer.Form form : Optimizer.Form.values()) {
      Plan plan =
          new Planner(gpt, Recipe.of(Optimizer.ADAM).with(form), Backend.cpu(), 0, 0).plan(1, null);
      IO.println(
          "%-8s  %s, in %s (%s)"
              .formatted(
                  form.label(),
                  Bytes.format(plan.peak().liveBytes()),
                  plan.peak().span().phase(),
                  plan.peak().span().work()));
    }
  }
}
