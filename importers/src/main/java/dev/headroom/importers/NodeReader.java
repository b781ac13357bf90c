package dev.headroom.importers;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Node;
import dev.headroom.op.Operators;
import dev.headroom.op.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the calls of a graph. */
final class NodeReader {
  private static final long KEYWORD = 2;

  /** What the exporter writes where it knows no module. */
  private static final String NO_MODULE = "_empty_nn_module_stack_from_metadata_hook";

  private NodeReader() {}

  static Node read(Fields node) {
    String op = op(node.get("target"));
    List<Argument> positional = new ArrayList<>();
    Map<String, Argument> keywords = new LinkedHashMap<>();
    for (Fields input : node.get("inputs").items()) {
      Argument argument = ArgumentReader.read(input.get("arg"));
      Fields kind = input.find("kind");
      if (kind != null && kind.integer() == KEYWORD) {
        if (keywords.put(input.get("name").text(), argument) != null) {
          throw input.wrong("each keyword once");
        }
      } else {
        positional.add(argument);
      }
    }
    List<String> outputs = ArgumentReader.outputs(node.get("outputs"));
    Fields metadata = node.find("metadata");
    String[] module = module(metadata == null ? null : metadata.find("nn_module_stack"));
    Schema schema = Operators.schema(op);
    if (schema == null) {
      return new Node(op, positional, keywords, outputs, module[0], module[1]);
    }
    try {
      List<Argument> placed = schema.place(positional, keywords);
      return new Node(op, placed, outputs, module[0], module[1]);
    } catch (IllegalArgumentException e) {
      throw ImportException.damaged(node + ": " + e.getMessage(), e);
    }
  }

  private static String op(Fields target) {
    String text = target.text();
    String op = text.startsWith("torch.ops.") ? text.substring("torch.ops.".length()) : text;
    if (!op.matches("[A-Za-z_]\\w*(\\.\\w+){1,2}")) {
      throw target.wrong("the name of an operator, such as torch.ops.aten.relu.default");
    }
    return op;
  }

  /**
   * Path and class of the innermost module: the last of {@code key,path,class} triples joined by
   * semicolons.
   */
  private static String[] module(@Nullable Fields stack) {
    if (stack == null) {
      return new String[] {"", ""};
    }
    String text = stack.text();
    String innermost = text.substring(text.lastIndexOf(';') + 1);
    int first = innermost.indexOf(',');
    int last = innermost.lastIndexOf(',');
    if (first < 0 || first == last || innermost.startsWith(NO_MODULE)) {
      return new String[] {"", ""};
    }
    String type = innermost.substring(last + 1);
    return new String[] {
      innermost.substring(first + 1, last), type.substring(type.lastIndexOf('.') + 1)
    };
  }
}
