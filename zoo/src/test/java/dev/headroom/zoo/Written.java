package dev.headroom.zoo;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A built-in network as lines of text, to be laid beside {@link Exported}. */
final class Written {
  private final Graph graph;
  private final Renaming renaming = new Renaming(Map.of());

  Written(Graph graph) {
    this.graph = graph;
  }

  List<String> inputs() {
    List<String> lines = new ArrayList<>();
    for (Input input : graph.inputs()) {
      String kind =
          input.kind() == Input.Kind.USER
              ? "user_input"
              : input.kind().name().toLowerCase(Locale.ROOT);
      String sizes = input.shape().stream().map(Dim::toString).collect(Collectors.joining("x"));
      lines.add(kind + " " + input.path() + " " + input.dtype() + " " + sizes);
    }
    return lines;
  }

  List<String> nodes() {
    List<String> lines = new ArrayList<>();
    for (Node node : graph.nodes()) {
      List<String> arguments = new ArrayList<>();
      node.arguments().forEach(a -> arguments.add(argument(a)));
      List<String> results = new ArrayList<>();
      node.outputs().forEach(o -> results.add(renaming.define(o)));
      lines.add(node.op() + arguments + " -> " + results + " in " + node.module());
    }
    return lines;
  }

  private String argument(Argument argument) {
    return switch (argument) {
      case Argument.OfNone n -> "none";
      case Argument.OfTensor t -> renaming.use(t.name());
      case Argument.OfTensors ts -> ts.names().stream().map(renaming::use).toList().toString();
      case Argument.OfInt i -> Long.toString(i.value());
      case Argument.OfBool b -> Boolean.toString(b.value());
      // As JSON writes it: 1e-05 is read as a number.
      case Argument.OfFloat f -> Double.toString(f.value());
      case Argument.OfInts is -> is.items().stream().map(this::argument).toList().toString();
      case Argument.OfSymInt s -> renaming.use(s.name());
      case Argument.OfDType d -> d.value().toString();
      case Argument.OfDevice d -> d.type();
      default -> throw new IllegalArgumentException("no text for " + argument);
    };
  }
}
