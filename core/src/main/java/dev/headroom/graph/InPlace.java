package dev.headroom.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code nn.ReLU(inplace=True)} wherever it changes no value: where the input is the fresh result
 * of a call whose backward does not need that result, and nothing else uses it.
 */
public final class InPlace {
  private static final String RELU = "aten.relu.default";

  /** Calls that save their inputs at most (derivatives.yaml), and whose result is no view. */
  private static final Set<String> PRODUCERS =
      Set.of(
          "aten.conv1d.default",
          "aten.conv2d.default",
          "aten.conv3d.default",
          "aten.linear.default",
          "aten.addmm.default",
          "aten.batch_norm.default",
          "aten.group_norm.default",
          "aten.layer_norm.default",
          "aten.add.Tensor");

  private InPlace() {}

  /** The same network with each such ReLU in place; the very same graph if it has none. */
  public static Graph of(Graph graph) {
    Map<String, Integer> uses = new HashMap<>();
    graph.nodes().forEach(n -> n.uses().forEach(name -> uses.merge(name, 1, Integer::sum)));
    Set<String> results = new HashSet<>(graph.outputs());
    List<Blocks.Block> blocks = Blocks.of(graph);
    Map<String, Integer> producers = new HashMap<>();
    List<Node> nodes = new ArrayList<>();
    boolean changed = false;
    for (int i = 0; i < graph.nodes().size(); i++) {
      Node node = graph.nodes().get(i);
      String from = node.op().equals(RELU) ? node.uses().getFirst() : "";
      Integer producer = producers.get(from);
      // What enters a checkpointed block is kept, and must stay as it is.
      if (producer != null
          && uses.getOrDefault(from, 0) == 1
          && !results.contains(from)
          && block(blocks, producer) == block(blocks, i)) {
        node =
            new Node(
                "aten.relu_.default",
                node.arguments(),
                node.keywords(),
                node.outputs(),
                node.module(),
                node.moduleType());
        changed = true;
      } else if (PRODUCERS.contains(node.op())) {
        producers.put(node.outputs().getFirst(), i);
      }
      nodes.add(node);
    }
    return changed ? new Graph(graph.name(), graph.inputs(), nodes, graph.outputs()) : graph;
  }

  /** Start of the block that a node is in, -1 outside of all. */
  private static int block(List<Blocks.Block> blocks, int node) {
    for (Blocks.Block block : blocks) {
      if (node >= block.from() && node < block.to()) {
        return block.from();
      }
    }
    return -1;
  }
}
