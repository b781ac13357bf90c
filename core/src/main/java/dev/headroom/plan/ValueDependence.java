package dev.headroom.plan;

import dev.headroom.graph.Graph;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.loop.GraphRunner;
import dev.headroom.loop.PaperPass;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.Map;

/**
 * Calls of a network whose results are as large as values say, such as a selection by a mask. A
 * written ledger has the most that they can take.
 */
public final class ValueDependence {
  private static final long BATCH = 2;

  private ValueDependence() {}

  /**
   * Finds them by running the network on paper; from the first operator on that no rule is known
   * for, none are found.
   *
   * @return by operator, what a written ledger takes for it, in words
   */
  public static Map<String, String> of(Graph graph) {
    PaperEngine engine = new PaperEngine(new LedgerWriter());
    GraphRunner<PaperTensor> runner = new GraphRunner<>(engine, graph);
    try {
      PaperPass.run(engine, runner, graph, BATCH);
    } catch (UnsupportedOperatorException e) {
      return engine.bounds();
    }
    return engine.bounds();
  }
}
