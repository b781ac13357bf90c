package dev.headroom.lever;

import dev.headroom.graph.Blocks;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What people go on training of a network whose weights they have: the last block and what follows
 * it, or the last layer alone.
 */
final class TrainedPart {
  private TrainedPart() {}

  /**
   * Names of modules for {@link Frozen#exceptFor}, the larger part first; empty if there is none.
   */
  static List<List<String>> of(Graph graph) {
    Map<String, Input> parameters = new HashMap<>();
    graph.inputs(Input.Kind.PARAMETER).forEach(input -> parameters.put(input.name(), input));
    List<Node> nodes = graph.nodes();
    List<List<String>> parts = new ArrayList<>();
    List<Blocks.Block> blocks = Blocks.of(graph);
    if (!blocks.isEmpty()) {
      add(parts, graph, used(nodes.subList(blocks.getLast().from(), nodes.size()), parameters));
    }
    for (Node node : nodes.reversed()) {
      Set<String> last = used(List.of(node), parameters);
      if (!last.isEmpty()) {
        add(parts, graph, last);
        break;
      }
    }
    return parts;
  }

  private static Set<String> used(List<Node> nodes, Map<String, Input> parameters) {
    Set<String> paths = new LinkedHashSet<>();
    for (Node node : nodes) {
      for (String name : node.uses()) {
        Input parameter = parameters.get(name);
        if (parameter != null) {
          paths.add(parameter.path());
        }
      }
    }
    return paths;
  }

  private static void add(List<List<String>> parts, Graph graph, Set<String> paths) {
    List<String> modules = Frozen.modules(graph, paths);
    boolean whole = Frozen.exceptFor(graph, modules).equals(graph);
    if (!whole && !parts.contains(modules)) {
      parts.add(modules);
    }
  }
}
