package dev.headroom.plan;

import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.loop.GraphRunner;
import dev.headroom.loop.PaperPass;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Output shapes with the batch left open: the graph is run on paper at two batches and compared.
 */
public final class Shapes {
  private static final long SMALL = 2;
  private static final long LARGE = 3;

  private Shapes() {}

  /**
   * Shape of the first result of every node, by the node itself. From the first operator on that no
   * rule is known for, shapes are missing.
   */
  public static Map<Node, List<Dim>> of(Graph graph) {
    IdentityHashMap<Node, List<Long>> small = run(graph, SMALL);
    IdentityHashMap<Node, List<Long>> large = run(graph, LARGE);
    IdentityHashMap<Node, List<Dim>> out = new IdentityHashMap<>();
    small.forEach(
        (node, sizes) -> {
          List<Dim> dims = new ArrayList<>();
          List<Long> other = large.getOrDefault(node, sizes);
          for (int i = 0; i < sizes.size(); i++) {
            long slope = (other.get(i) - sizes.get(i)) / (LARGE - SMALL);
            dims.add(new Dim(slope, sizes.get(i) - slope * SMALL));
          }
          out.put(node, dims);
        });
    return out;
  }

  private static IdentityHashMap<Node, List<Long>> run(Graph graph, long batch) {
    PaperEngine engine = new PaperEngine(new LedgerWriter());
    engine.setGradEnabled(false);
    IdentityHashMap<Node, List<Long>> shapes = new IdentityHashMap<>();
    GraphRunner<PaperTensor> runner =
        new GraphRunner<>(
            engine,
            graph,
            (node, results) -> {
              if (!results.isEmpty()) {
                shapes.put(node, results.getFirst().type().shape());
              }
            });
    try {
      PaperPass.run(engine, runner, graph, batch);
    } catch (UnsupportedOperatorException e) {
      return shapes;
    }
    return shapes;
  }
}
