package dev.headroom.loop;

import dev.headroom.graph.Node;

/** A call of the graph refused its arguments; the message names the module and the operator. */
public final class NodeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  NodeException(Node node, RuntimeException cause) {
    super(message(node, cause), cause);
  }

  private static String message(Node node, RuntimeException cause) {
    boolean said =
        cause instanceof IllegalArgumentException || cause instanceof ArithmeticException;
    String reason =
        said ? String.valueOf(cause.getMessage()) : "its arguments are not what it takes";
    // Most reasons name the operator already.
    String prefix = node.op() + ": ";
    if (reason.startsWith(prefix)) {
      reason = reason.substring(prefix.length());
    }
    return node + ": " + reason;
  }
}
