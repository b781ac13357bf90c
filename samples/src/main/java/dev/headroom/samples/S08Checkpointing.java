package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import dev.headroom.torch.EngineUnavailableException;
import dev.headroom.torch.RecordedTraining;
import dev.headroom.zoo.Gpt;
import java.util.List;

/**
 * What activation checkpointing buys, planned and then really run: only what goes into a block is
 * kept, and the block is computed again in backward. The deeper the network, the more.
 */
public final class S08Checkpointing {
  private static final List<Long> TWO_ITERATIONS = List.of(4L, 4L);

  private S08Checkpointing() {}

  /** Prints the peak of live bytes for some depths. */
  public static void main(String[] args) {
    for (int layers : new int[] {2, 4, 8}) {
      Graph gpt = new Gpt(layers, 256, 4, 1000, 128, false).build();
      for (Checkpoint checkpoint : List.of(Checkpoint.NONE, Checkpoint.BLOCKS)) {
        Recipe recipe = Recipe.of(Optimizer.ADAMW).with(checkpoint);
        IO.println(
            "%d blocks, checkpoint %-6s  planned %s, measured %s"
                .formatted(
                    layers,
                    checkpoint.label(),
                    peak(PaperTraining.ledger(gpt, recipe, TWO_ITERATIONS, 0)),
                    measured(gpt, recipe)));
      }
    }
  }

  private static String peak(Ledger ledger) {
    return Bytes.exact(new Timeline(ledger).peak().liveBytes());
  }

  private static String measured(Graph gpt, Recipe recipe) {
    try {
      return peak(RecordedTraining.ledger(gpt, recipe, TWO_ITERATIONS, 0, Backend.cpu()));
    } catch (EngineUnavailableException e) {
      return "not here: " + e.getMessage();
    }
  }
}
