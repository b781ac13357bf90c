package dev.headroom.loop;

import dev.headroom.graph.Graph;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a program does around the steps that every training loop has.
 *
 * @param name as {@code --loop} takes it
 * @param lookBatch batch of a forward pass before training ({@code torchsummary.summary}), 0 for
 *     none
 * @param epochs passes over the data after which the allocator's segments no longer grow
 * @param failsWithOneOutput whether the loss raises an error where the network has a single output:
 *     {@code BCEWithLogitsLoss} is given (B, 1) and (B)
 */
public record LoopDescription(String name, long lookBatch, int epochs, boolean failsWithOneOutput) {
  /** Nothing but the steps. */
  public static final LoopDescription PLAIN = new LoopDescription("plain", 0, 3, false);

  /** {@code NeuroNetGen_scripts/MLP/mlp.py} of itu-rad/GPUMemNet. */
  public static final LoopDescription GPUMEMNET_MLP =
      new LoopDescription("gpumemnet-mlp", 2, 3, true);

  /** Every loop that is known by name. */
  public static List<LoopDescription> all() {
    return List.of(PLAIN, GPUMEMNET_MLP);
  }

  /** A loop by its name, or null. */
  public static @Nullable LoopDescription find(String name) {
    return all().stream().filter(l -> l.name().equals(name)).findFirst().orElse(null);
  }

  /** Whether this program ends in its first loss for a network. */
  public boolean fails(Graph graph) {
    if (!failsWithOneOutput) {
      return false;
    }
    List<Long> output = Target.output(graph, 2).shape();
    return output.size() == 2 && output.get(1) == 1;
  }
}
