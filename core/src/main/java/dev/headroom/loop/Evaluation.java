package dev.headroom.loop;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.op.Operators;
import dev.headroom.op.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A network after {@code model.eval()}. A graph recorded while training says so in its arguments:
 * dropout hands its input on, batch norm takes its running statistics and counts no batch, and
 * stochastic depth drops nothing.
 */
final class Evaluation {
  /** Arguments that say whether a call trains, and what they are when it does not. */
  private static final Map<String, Argument> MODES =
      Map.of(
          "train", Argument.of(false),
          "training", Argument.of(false),
          "use_input_stats", Argument.of(false),
          "dropout_p", Argument.of(0.0));

  private static final int RUNNING_MEAN = 3;
  private static final String STOCHASTIC_DEPTH = "StochasticDepth";
  private static final String COUNTER = "num_batches_tracked";

  /** Results that are no longer computed, and what stands in for them. */
  private final Map<String, String> replaced = new HashMap<>();

  private final Set<String> counters = new HashSet<>();

  private Evaluation(Graph graph) {
    for (Input input : graph.inputs(Input.Kind.BUFFER)) {
      if (input.path().equals(COUNTER) || input.path().endsWith("." + COUNTER)) {
        counters.add(input.name());
      }
    }
  }

  /** The same network in evaluation mode; equal if nothing in it differs. */
  static Graph of(Graph graph) {
    Evaluation evaluation = new Evaluation(graph);
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (!evaluation.leavesOut(node)) {
        nodes.add(evaluation.evaluated(node));
      }
    }
    List<String> outputs = graph.outputs().stream().map(evaluation::name).toList();
    return nodes.equals(graph.nodes())
        ? graph
        : new Graph(graph.name(), graph.inputs(), nodes, outputs);
  }

  private boolean leavesOut(Node node) {
    List<String> uses = node.uses();
    if (node.op().equals("aten.add_.Tensor") && counters.contains(uses.getFirst())) {
      replaced.put(node.outputs().getFirst(), uses.getFirst());
      return true;
    }
    if (node.moduleType().equals(STOCHASTIC_DEPTH)) {
      // Its noise is used nowhere else; its last call multiplies the input with it.
      if (node.op().equals("aten.mul.Tensor") || node.op().equals("aten.mul_.Tensor")) {
        replaced.put(node.outputs().getFirst(), name(uses.getFirst()));
      }
      return true;
    }
    return false;
  }

  private Node evaluated(Node node) {
    Schema schema = Operators.schema(node.op());
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < node.arguments().size(); i++) {
      String parameter = schema == null ? "" : schema.parameters().get(i).name();
      arguments.add(evaluated(parameter, node.arguments().get(i), node));
    }
    Map<String, Argument> keywords = new LinkedHashMap<>();
    node.keywords().forEach((name, value) -> keywords.put(name, evaluated(name, value, node)));
    return new Node(
        node.op(), arguments, keywords, node.outputs(), node.module(), node.moduleType());
  }

  private Argument evaluated(String parameter, Argument given, Node node) {
    @Nullable Argument mode = MODES.get(parameter);
    if (mode != null && !keepsOwnStatistics(node)) {
      return mode;
    }
    return switch (given) {
      case Argument.OfTensor t -> new Argument.OfTensor(name(t.name()));
      case Argument.OfTensors ts ->
          new Argument.OfTensors(ts.names().stream().map(this::name).toList());
      case Argument.OfOptionalTensors ts ->
          new Argument.OfOptionalTensors(
              ts.items().stream().map(item -> evaluated("", item, node)).toList());
      default -> given;
    };
  }

  /** Without running statistics a norm takes the batch's in evaluation too. */
  private static boolean keepsOwnStatistics(Node node) {
    return (node.operator().equals("batch_norm") || node.operator().equals("instance_norm"))
        && node.arguments().get(RUNNING_MEAN) instanceof Argument.OfNone;
  }

  private String name(String result) {
    return replaced.getOrDefault(result, result);
  }
}
