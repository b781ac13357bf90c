package dev.headroom.plan;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which integers a network's inputs may hold: an input whose values pick rows (of an embedding, or
 * by gather or indexing) may hold no more than there are. Values are followed through calls that
 * hand them on unchanged; what arithmetic makes of them is not followed.
 */
public final class IndexBounds {
  /** Calls whose result holds values of their first argument and no others. */
  private static final Set<String> HAND_ON =
      Set.of(
          "_to_copy",
          "alias",
          "broadcast_to",
          "chunk",
          "clone",
          "contiguous",
          "detach",
          "expand",
          "expand_as",
          "flatten",
          "flip",
          "lift_fresh_copy",
          "movedim",
          "narrow",
          "permute",
          "repeat",
          "repeat_interleave",
          "reshape",
          "roll",
          "select",
          "slice",
          "split",
          "split_with_sizes",
          "squeeze",
          "t",
          "tile",
          "to",
          "transpose",
          "type_as",
          "unbind",
          "unsqueeze",
          "view",
          "view_as");

  /** Calls that pick along the dimension that is their second argument by their third. */
  private static final Set<String> PICK =
      Set.of("gather", "index_select", "scatter", "scatter_", "scatter_add", "scatter_add_");

  private final Map<Node, List<Dim>> shapes;
  private final Map<String, List<Dim>> shapeOf = new HashMap<>();

  /** For each value the inputs whose values it holds. */
  private final Map<String, Set<String>> origins = new HashMap<>();

  private final Map<String, Long> bounds = new HashMap<>();

  private IndexBounds(Graph graph) {
    shapes = Shapes.of(graph);
    for (Input input : graph.inputs()) {
      shapeOf.put(input.name(), input.shape());
      if (input.kind() == Input.Kind.USER) {
        origins.put(input.name(), Set.of(input.name()));
      }
    }
    graph.nodes().forEach(this::follow);
  }

  /**
   * By input, how many values an index in it may take: {@code [0, bound)}. An input that picks
   * nothing is not there.
   */
  public static Map<String, Long> of(Graph graph) {
    return Map.copyOf(new IndexBounds(graph).bounds);
  }

  private void follow(Node node) {
    if (!node.outputs().isEmpty()) {
      List<Dim> shape = shapes.get(node);
      if (shape != null) {
        shapeOf.put(node.outputs().getFirst(), shape);
      }
    }
    String name = node.operator();
    List<Argument> args = node.arguments();
    if (HAND_ON.contains(name) && !args.isEmpty()) {
      handOn(node, args.subList(0, 1));
    } else if (name.equals("cat") || name.equals("stack")) {
      handOn(node, args);
    } else if (name.equals("embedding") || name.equals("embedding_bag")) {
      bound(args, 1, size(args, 0, 0));
    } else if (PICK.contains(name) && args.size() > 2 && args.get(1) instanceof Argument.OfInt d) {
      bound(args, 2, size(args, 0, d.value()));
    } else if (name.equals("one_hot")
        && args.size() > 1
        && args.get(1) instanceof Argument.OfInt n) {
      bound(args, 0, n.value());
    } else if (name.startsWith("index") && args.size() > 1) {
      bound(args);
    }
  }

  private void handOn(Node node, List<Argument> from) {
    Set<String> all = new HashSet<>();
    for (Argument argument : from) {
      for (String used : Graph.names(argument)) {
        all.addAll(origins.getOrDefault(used, Set.of()));
      }
    }
    node.outputs().forEach(output -> origins.put(output, all));
  }

  /** x[i, j]: each index of a list picks along its own dimension. */
  private void bound(List<Argument> args) {
    List<Argument> indices =
        switch (args.get(1)) {
          case Argument.OfOptionalTensors list -> list.items();
          case Argument.OfTensors list ->
              list.names().stream().<Argument>map(Argument.OfTensor::new).toList();
          default -> List.of();
        };
    for (int dim = 0; dim < indices.size(); dim++) {
      bound(indices, dim, size(args, 0, dim));
    }
  }

  private void bound(List<Argument> args, int index, long size) {
    if (index < args.size() && args.get(index) instanceof Argument.OfTensor t && size > 0) {
      for (String input : origins.getOrDefault(t.name(), Set.of())) {
        bounds.merge(input, size, Math::min);
      }
    }
  }

  /** Rows of a table along a dimension, for any batch; 0 if they are not known. */
  private long size(List<Argument> args, int table, long dim) {
    List<Dim> shape = args.get(table) instanceof Argument.OfTensor t ? shapeOf.get(t.name()) : null;
    long at = shape != null && dim < 0 ? dim + shape.size() : dim;
    return shape == null || at < 0 || at >= shape.size() ? 0 : shape.get((int) at).at(1);
  }
}
