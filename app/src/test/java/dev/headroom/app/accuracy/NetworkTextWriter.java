package dev.headroom.app.accuracy;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes what {@link NetworkText} reads. */
final class NetworkTextWriter {
  private final Graph graph;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<Input.Kind, Integer> next = new EnumMap<>(Input.Kind.class);

  private NetworkTextWriter(Graph graph) {
    this.graph = graph;
  }

  /**
   * A line per input, call and output.
   *
   * @throws IllegalArgumentException if the format has no word for something in it
   */
  static List<String> lines(Graph graph) {
    return new NetworkTextWriter(graph).write();
  }

  private List<String> write() {
    List<String> lines = new ArrayList<>();
    for (Input input : graph.inputs()) {
      lines.add(input(input));
      numbers.put(input.name(), numbers.size());
    }
    for (Node node : graph.nodes()) {
      lines.add(call(node));
      node.outputs().forEach(output -> numbers.put(output, numbers.size()));
    }
    graph.outputs().forEach(output -> lines.add("= " + reference(output)));
    return lines;
  }

  private static String input(Input input) {
    boolean trained = input.kind() == Input.Kind.PARAMETER;
    if (input.tiedTo() != null || input.requiresGrad() != trained) {
      throw new IllegalArgumentException(input.path() + " is tied or frozen");
    }
    String line = input.kind().name().charAt(0) + " " + input.dtype().name();
    if (!input.shape().isEmpty()) {
      line += " " + dims(input.shape());
    }
    return input.type(2).isContiguous() ? line : line + " " + dims(input.strides());
  }

  private static String dims(List<Dim> dims) {
    return dims.stream().map(Dim::toString).collect(Collectors.joining(","));
  }

  private String call(Node node) {
    String op = node.op().replaceFirst("^aten\\.", "").replaceFirst("\\.default$", "");
    StringBuilder line = new StringBuilder(op);
    node.arguments().forEach(a -> line.append(' ').append(word(a)));
    node.keywords().forEach((key, a) -> line.append(' ').append(key).append('=').append(word(a)));
    if (node.outputs().size() != 1) {
      line.append(" >").append(node.outputs().size());
    }
    return line.toString();
  }

  private String word(Argument argument) {
    return switch (argument) {
      case Argument.OfNone n -> "-";
      case Argument.OfTensor t -> "t" + reference(t.name());
      case Argument.OfTensors t -> "T" + joined(t.names().stream().map(this::reference).toList());
      case Argument.OfOptionalTensors o ->
          "O" + joined(o.items().stream().map(this::word).toList());
      case Argument.OfInt i -> "i" + i.value();
      case Argument.OfSymInt s -> "s" + reference(s.name());
      case Argument.OfInts i -> "I" + joined(i.items().stream().map(this::word).toList());
      case Argument.OfFloat f -> "f" + f.value();
      case Argument.OfFloats f -> "F" + joined(f.values().stream().map(String::valueOf).toList());
      case Argument.OfBool b -> "b" + b.value();
      case Argument.OfBools b -> "L" + joined(b.values().stream().map(String::valueOf).toList());
      case Argument.OfString s -> "z" + plain(s.value());
      case Argument.OfDType d -> "d" + d.value().name();
      case Argument.OfMemoryFormat m -> "m" + m.value().name();
      case Argument.OfDevice d -> "v" + d.type();
    };
  }

  private static String joined(List<String> items) {
    return String.join(",", items);
  }

  private static String plain(String text) {
    if (text.contains(" ") || text.contains(",")) {
      throw new IllegalArgumentException("'" + text + "' has blanks");
    }
    return text;
  }

  private String reference(String name) {
    Integer number = numbers.get(name);
    if (number == null) {
      throw new IllegalArgumentException(name + " is not defined");
    }
    if (number >= graph.inputs().size()) {
      return String.valueOf(numbers.size() - number);
    }
    Input.Kind kind = graph.inputs().get(number).kind();
    Integer expected = nextOf(kind);
    next.put(kind, number + 1);
    return number.equals(expected) && kind == Input.Kind.PARAMETER
        ? "p"
        : number.equals(expected) && kind == Input.Kind.BUFFER ? "b" : "#" + number;
  }

  private @Nullable Integer nextOf(Input.Kind kind) {
    for (int i = next.getOrDefault(kind, 0); i < graph.inputs().size(); i++) {
      if (graph.inputs().get(i).kind() == kind) {
        return i;
      }
    }
    return null;
  }
}
