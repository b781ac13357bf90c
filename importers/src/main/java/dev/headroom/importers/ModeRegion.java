package dev.headroom.importers;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls that take a graph of their own and run it in another mode: {@code torch.no_grad()}, {@code
 * torch.enable_grad()}, and {@code torch.autocast(enabled=False)} inside forward. Their calls come
 * in their place, between one that changes the mode and one that changes it back; names of their
 * own get the graph's name in front.
 */
final class ModeRegion {
  private static final String GRAD = "torch.ops.higher_order.wrap_with_set_grad_enabled";
  private static final String AUTOCAST = "torch.ops.higher_order.wrap_with_autocast";

  /** Which argument is the graph. */
  private static final int GRAPH_OF_GRAD = 1;

  private static final int GRAPH_OF_AUTOCAST = 4;

  private final Map<String, String> names = new HashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  private ModeRegion() {}

  /** Whether a call is one of these. */
  static boolean is(Fields node) {
    String target = node.get("target").text();
    return target.equals(GRAD) || target.equals(AUTOCAST);
  }

  /** The calls in its place. */
  static List<Node> read(Fields node) {
    ModeRegion region = new ModeRegion();
    region.inline(node);
    return region.nodes;
  }

  private void inline(Fields node) {
    List<Fields> inputs = node.get("inputs").items();
    boolean grad = node.get("target").text().equals(GRAD);
    int at = grad ? GRAPH_OF_GRAD : GRAPH_OF_AUTOCAST;
    if (inputs.size() <= at || inputs.get(at).get("arg").find("as_graph") == null) {
      throw node.wrong("a graph as argument " + (at + 1));
    }
    boolean on = inputs.get(grad ? 0 : 2).get("arg").get("as_bool").flag();
    if (!grad && on) {
      throw new ImportException(
          node
              + ": forward turns autocast on by itself, which is not supported. Leave it to"
              + " --precision and export again.");
    }
    Fields inner = inputs.get(at).get("arg").get("as_graph");
    Fields graph = inner.get("graph");
    List<Fields> parameters = graph.get("inputs").items();
    if (parameters.size() != inputs.size() - at - 1) {
      throw graph.wrong("as many inputs as its call gives");
    }
    for (int i = 0; i < parameters.size(); i++) {
      Argument given = ArgumentReader.read(inputs.get(at + 1 + i).get("arg"));
      if (ArgumentReader.read(parameters.get(i)) instanceof Argument.OfTensor t
          && given instanceof Argument.OfTensor outer) {
        names.put(t.name(), outer.name());
      } else if (ArgumentReader.read(parameters.get(i)) instanceof Argument.OfSymInt s
          && given instanceof Argument.OfSymInt outer) {
        names.put(s.name(), outer.name());
      }
    }
    String prefix = inner.get("name").text() + ".";
    String mode = grad ? "torch._C._set_grad_enabled" : "torch.set_autocast_enabled";
    nodes.add(new Node(mode, List.of(new Argument.OfBool(on)), List.of(), "", ""));
    for (Fields call : graph.get("nodes").items()) {
      for (Node read : is(call) ? read(call) : List.of(NodeReader.read(call))) {
        read.outputs().forEach(o -> names.put(o, prefix + o));
        nodes.add(renamed(read));
      }
    }
    nodes.add(new Node(mode, List.of(), List.of(), "", ""));
    handOut(graph, ArgumentReader.outputs(node.get("outputs")));
  }

  /** Results under the names that the graph around knows them by. */
  private void handOut(Fields graph, List<String> outputs) {
    List<String> made = ArgumentReader.outputs(graph.get("outputs"));
    if (made.size() < outputs.size()) {
      throw graph.wrong("as many outputs as its call has results");
    }
    for (int i = 0; i < outputs.size(); i++) {
      nodes.add(
          new Node(
              "aten.alias.default",
              List.of(new Argument.OfTensor(name(made.get(i)))),
              List.of(outputs.get(i)),
              "",
              ""));
    }
  }

  private String name(String inner) {
    return names.getOrDefault(inner, inner);
  }

  private Node renamed(Node node) {
    Map<String, Argument> keywords = new HashMap<>();
    node.keywords().forEach((key, argument) -> keywords.put(key, renamed(argument)));
    return new Node(
        node.op(),
        node.arguments().stream().map(this::renamed).toList(),
        keywords,
        node.outputs().stream().map(this::name).toList(),
        node.module(),
        node.moduleType());
  }

  private Argument renamed(Argument argument) {
    return switch (argument) {
      case Argument.OfTensor t -> new Argument.OfTensor(name(t.name()));
      case Argument.OfTensors ts ->
          new Argument.OfTensors(ts.names().stream().map(this::name).toList());
      case Argument.OfSymInt s -> new Argument.OfSymInt(name(s.name()));
      case Argument.OfInts is ->
          new Argument.OfInts(is.items().stream().map(this::renamed).toList());
      case Argument.OfOptionalTensors ts ->
          new Argument.OfOptionalTensors(ts.items().stream().map(this::renamed).toList());
      default -> argument;
    };
  }
}
