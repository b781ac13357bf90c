package dev.headroom.lever;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.graph.Graph;
import dev.headroom.recipe.Recipe;

/**
 * What levers change about a training.
 *
 * @param graph the network
 * @param recipe what the loop adds
 * @param allocator settings of the GPU's allocator; without effect on the CPU
 */
public record Setting(Graph graph, Recipe recipe, AllocatorSettings allocator) {
  Setting with(Recipe other) {
    return new Setting(graph, other, allocator);
  }

  /** The same with another network. */
  public Setting with(Graph other) {
    return new Setting(other, recipe, allocator);
  }

  Setting with(AllocatorSettings other) {
    return new Setting(graph, recipe, other);
  }
}
