package dev.headroom.plan;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import dev.headroom.loop.GraphRunner;
import dev.headroom.op.Operators;
import dev.headroom.op.UnsupportedOperatorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which of a network's operators no rule is known for. */
public final class Coverage {
  private Coverage() {}

  /** The calls without a rule, by operator, in order of first appearance. */
  public static Map<String, List<Node>> unsupported(Graph graph) {
    Map<String, List<Node>> calls = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (!GraphRunner.isSymbolic(node) && Operators.schema(node.op()) == null) {
        calls.computeIfAbsent(node.op(), op -> new ArrayList<>()).add(node);
      }
    }
    return calls;
  }

  /** One line that names them, how often each is called, and where first. */
  public static String describe(Map<String, List<Node>> calls) {
    List<String> parts = new ArrayList<>();
    calls.forEach(
        (op, nodes) -> {
          String module = nodes.getFirst().module();
          parts.add(
              op
                  + " (called "
                  + (nodes.size() == 1 ? "once, by " : nodes.size() + " times, first by ")
                  + (module.isEmpty() ? "the network itself" : module)
                  + ")");
        });
    return String.join(", ", parts);
  }

  /**
   * Fails if a network cannot be planned by rule.
   *
   * @throws UnsupportedOperatorException naming every operator without a rule, and what to do
   */
  public static void require(Graph graph) {
    Map<String, List<Node>> calls = unsupported(graph);
    if (!calls.isEmpty()) {
      throw new UnsupportedOperatorException(
          graph.name(), List.copyOf(calls.keySet()), describe(calls));
    }
  }
}
