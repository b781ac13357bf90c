package dev.headroom.graph;

import java.util.List;

/**
 * A call of one ATen overload.
 *
 * @param op overload as torch.export writes it without {@code torch.ops.}: {@code
 *     aten.linear.default}
 * @param arguments positional arguments; trailing defaults may be missing
 * @param outputs names of the results
 * @param module path of the module that made the call, empty for the network itself
 * @param moduleType class of that module, such as {@code Linear}
 */
public record Node(
    String op, List<Argument> arguments, List<String> outputs, String module, String moduleType) {
  public Node {
    arguments = List.copyOf(arguments);
    outputs = List.copyOf(outputs);
  }

  @Override
  public String toString() {
    return (module.isEmpty() ? "" : module + " ") + "(" + op + ")";
  }
}
