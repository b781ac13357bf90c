package dev.headroom.loop;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The exporter writes {@code x[:, -1]} as a slice that takes everything and a selection. The
 * running program never calls the former: Python's indexing passes over it. Neither do we.
 */
final class WholeSlices {
  private WholeSlices() {}

  /** The graph without such calls; the same graph if it has none. */
  static Graph dropped(Graph graph) {
    if (graph.nodes().stream().noneMatch(WholeSlices::is)) {
      return graph;
    }
    Map<String, String> same = new HashMap<>();
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Node renamed = renamed(node, same);
      if (is(node)) {
        same.put(
            node.outputs().getFirst(), ((Argument.OfTensor) renamed.arguments().getFirst()).name());
      } else {
        nodes.add(renamed);
      }
    }
    List<String> outputs = graph.outputs().stream().map(o -> same.getOrDefault(o, o)).toList();
    return new Graph(graph.name(), graph.inputs(), nodes, outputs);
  }

  private static boolean is(Node node) {
    List<Argument> a = node.arguments();
    return node.op().equals("aten.slice.Tensor")
        && node.keywords().isEmpty()
        && (a.size() < 3 || a.get(2) instanceof Argument.OfNone || isInt(a.get(2), 0))
        && (a.size() < 4 || a.get(3) instanceof Argument.OfNone || isInt(a.get(3), Long.MAX_VALUE))
        && (a.size() < 5 || isInt(a.get(4), 1));
  }

  private static boolean isInt(Argument argument, long value) {
    return argument instanceof Argument.OfInt i && i.value() == value;
  }

  private static Node renamed(Node node, Map<String, String> same) {
    if (node.uses().stream().noneMatch(same::containsKey)) {
      return node;
    }
    Map<String, Argument> keywords = new LinkedHashMap<>();
    node.keywords().forEach((name, argument) -> keywords.put(name, renamed(argument, same)));
    return new Node(
        node.op(),
        node.arguments().stream().map(a -> renamed(a, same)).toList(),
        keywords,
        node.outputs(),
        node.module(),
        node.moduleType());
  }

  private static Argument renamed(Argument argument, Map<String, String> same) {
    return switch (argument) {
      case Argument.OfTensor t -> new Argument.OfTensor(same.getOrDefault(t.name(), t.name()));
      case Argument.OfTensors ts ->
          new Argument.OfTensors(ts.names().stream().map(n -> same.getOrDefault(n, n)).toList());
      case Argument.OfOptionalTensors ts ->
          new Argument.OfOptionalTensors(ts.items().stream().map(a -> renamed(a, same)).toList());
      default -> argument;
    };
  }
}
