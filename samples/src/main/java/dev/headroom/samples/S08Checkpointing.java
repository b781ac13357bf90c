package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import dev.headroom.zoo.Gpt;

/**
 * What activation checkpointing buys: only what goes into a block is kept, and the block is
 * computed again in backward. The deeper the network, the more; one block's activations remain.
 */
public final class S08Checkpointing {
  private S08Checkpointing() {}

  /** Prints both for some depths. */
  public static void main(String[] args) {
    for (int layers : new int[] {2, 4, 8, 16}) {
      Graph gpt = new Gpt(layers, 256, 4, 1000, 128, false).build();
      for (Checkpoint checkpoint : Checkpoint.values()) {
        Recipe recipe = Recipe.of(Optimizer.ADAMW).with(checkpoint);
        Plan plan = new Planner(gpt, recipe, Backend.cpu(), 0, 0).plan(16, null);
        IO.println(
            "%2d blocks, checkpoint %-6s  kept %s, peak %s"
                .formatted(
                    layers,
                    checkpoint.label(),
                    Bytes.format(plan.bytes().getOrDefault(Category.ACTIVATION, 0L)),
                    Bytes.format(plan.peak().liveBytes())));
      }
    }
  }
}
