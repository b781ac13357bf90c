package dev.headroom.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A call of one ATen overload.
 *
 * @param op overload as torch.export writes it without {@code torch.ops.}: {@code
 *     aten.linear.default}
 * @param arguments positional arguments; trailing defaults may be missing
 * @param keywords further arguments by name, for an overload whose signature is not known here;
 *     where it is known, importers put them into their positions
 * @param outputs names of the results
 * @param module path of the module that made the call, empty for the network itself
 * @param moduleType class of that module, such as {@code Linear}
 */
public record Node(
    String op,
    List<Argument> arguments,
    Map<String, Argument> keywords,
    List<String> outputs,
    String module,
    String moduleType) {
  public Node {
    arguments = List.copyOf(arguments);
    keywords =
        keywords.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(keywords));
    outputs = List.copyOf(outputs);
  }

  /** A call with positional arguments only. */
  public Node(
      String op, List<Argument> arguments, List<String> outputs, String module, String moduleType) {
    this(op, arguments, Map.of(), outputs, module, moduleType);
  }

  /** The operator without namespace and overload: {@code conv2d} of aten.conv2d.default. */
  public String operator() {
    int from = op.indexOf('.') + 1;
    int to = op.indexOf('.', from);
    return from == 0 ? "" : op.substring(from, to < 0 ? op.length() : to);
  }

  /** Names of the values that the call takes, in order, repeated if used twice. */
  public List<String> uses() {
    List<String> names = new ArrayList<>();
    for (Argument argument : arguments) {
      names.addAll(Graph.names(argument));
    }
    for (Argument argument : keywords.values()) {
      names.addAll(Graph.names(argument));
    }
    return names;
  }

  @Override
  public String toString() {
    return (module.isEmpty() ? "" : module + " ") + "(" + op + ")";
  }
}
