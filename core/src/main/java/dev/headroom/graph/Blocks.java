package dev.headroom.graph;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The repeated blocks of a network, as activation checkpointing wraps them: children of a list of
 * modules ({@code blocks.0}, {@code layer1.1}, {@code layers.encoder_layer_0}) that consist of
 * modules themselves, the outermost of such lists.
 */
public final class Blocks {
  private Blocks() {}

  /**
   * A block: nodes from one index up to another, which is not part of it.
   *
   * @param path of its module
   */
  public record Block(String path, int from, int to) {
    /** Whether a module is this block or one of its own. */
    public boolean holds(String module) {
      return inside(path, module);
    }

    /** Whether this block is a module or lies in it. */
    public boolean isIn(String module) {
      return inside(module, path);
    }
  }

  /** The blocks in execution order; empty if the network repeats none. */
  public static List<Block> of(Graph graph) {
    List<Node> nodes = graph.nodes();
    List<Block> blocks = new ArrayList<>();
    int from = 0;
    while (from < nodes.size()) {
      String path = blockPath(nodes.get(from).module());
      int to = from + 1;
      if (path == null) {
        from = to;
        continue;
      }
      boolean composed = nodes.get(from).module().length() > path.length();
      while (to < nodes.size() && inside(path, nodes.get(to).module())) {
        composed |= nodes.get(to).module().length() > path.length();
        to++;
      }
      if (composed) {
        blocks.add(new Block(path, from, to));
      }
      from = to;
    }
    return blocks;
  }

  /** Whether a name is a module or lies in it. */
  private static boolean inside(String module, String name) {
    return name.startsWith(module)
        && (name.length() == module.length() || name.charAt(module.length()) == '.');
  }

  /** The part of a path up to its first numbered module, or null without one. */
  private static @Nullable String blockPath(String module) {
    int start = 0;
    while (start < module.length()) {
      int end = module.indexOf('.', start);
      if (end < 0) {
        end = module.length();
      }
      if (start > 0 && isNumbered(module, start, end)) {
        return module.substring(0, end);
      }
      start = end + 1;
    }
    return null;
  }

  /** {@code 3}, or a name that ends in a number as in torchvision's {@code encoder_layer_3}. */
  private static boolean isNumbered(String text, int from, int to) {
    int digits = to;
    while (digits > from && text.charAt(digits - 1) >= '0' && text.charAt(digits - 1) <= '9') {
      digits--;
    }
    return digits < to && (digits == from || text.charAt(digits - 1) == '_');
  }
}
