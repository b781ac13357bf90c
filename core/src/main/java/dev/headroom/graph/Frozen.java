package dev.headroom.graph;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Parameters that are not trained ({@code module.requires_grad_(False)}): backward computes no
 * gradient for them, so autograd keeps less, and nothing at all of what lies before the first
 * trained one. Batch norms of a frozen module go on updating their running statistics, as they do
 * in PyTorch until somebody calls {@code eval()}.
 */
public final class Frozen {
  private Frozen() {}

  /**
   * The same network with all parameters of some modules frozen, and what is tied to them.
   *
   * @param modules names in the module tree, such as {@code layer1} or {@code blocks.0}; a
   *     parameter's own name too
   * @throws IllegalArgumentException if a name has no parameter, or if none is left to train
   */
  public static Graph of(Graph graph, List<String> modules) {
    Set<String> frozen = new HashSet<>();
    for (String module : modules) {
      boolean found = false;
      for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
        if (input.path().equals(module) || input.path().startsWith(module + ".")) {
          found = true;
          frozen.add(input.tiedTo() == null ? input.name() : input.tiedTo());
        }
      }
      if (!found) {
        throw new IllegalArgumentException(
            graph.name()
                + " has no parameters in '"
                + module
                + "'; at the top it has "
                + top(graph));
      }
    }
    List<Input> inputs = new ArrayList<>();
    boolean trains = false;
    for (Input input : graph.inputs()) {
      boolean freeze =
          input.kind() == Input.Kind.PARAMETER
              && frozen.contains(input.tiedTo() == null ? input.name() : input.tiedTo());
      Input now = freeze ? input.withoutGradient() : input;
      trains |= now.kind() == Input.Kind.PARAMETER && now.requiresGrad();
      inputs.add(now);
    }
    if (!trains) {
      throw new IllegalArgumentException(
          "nothing is left to train: " + String.join(", ", modules) + " is all of " + graph.name());
    }
    return new Graph(graph.name(), inputs, graph.nodes(), graph.outputs());
  }

  /** Names at the top of the module tree that have parameters. */
  private static String top(Graph graph) {
    Set<String> names = new TreeSet<>();
    for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
      names.add(input.path().replaceFirst("\\..*", ""));
    }
    return String.join(", ", names);
  }
}
