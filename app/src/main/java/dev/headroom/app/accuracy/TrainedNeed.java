package dev.headroom.app.accuracy;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import dev.headroom.plan.GpuLimits;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a network's largest batch that trained needs by the plan. Where a batch failed that should
 * fit, a network alike that trained with more tells that the card could hold as much, and that no
 * rule which both networks share is what the plan lacks.
 *
 * @param row what was observed
 * @param bytes live at once in two steps of the batch that trained: without workspaces of cuDNN,
 *     without the context and without what the allocator rounds up or holds beside it
 * @param calls how often each operator is called
 */
record TrainedNeed(TimmRow row, long bytes, Map<String, Integer> calls) {
  /**
   * Works it out.
   *
   * @param limits of the network on the card
   */
  static TrainedNeed of(TimmRow row, Graph graph, GpuLimits limits) {
    return new TrainedNeed(row, limits.livePeak(row.batch()), calls(graph));
  }

  /** How often a network calls each operator. */
  static Map<String, Integer> calls(Graph graph) {
    Map<String, Integer> calls = new TreeMap<>();
    for (Node node : graph.nodes()) {
      calls.merge(node.operator(), 1, Integer::sum);
    }
    return calls;
  }

  /**
   * The one that calls most nearly the same operators among those that need at least so much.
   *
   * @return null if none needs so much
   */
  static @Nullable TrainedNeed mostAlike(
      List<TrainedNeed> trained, Map<String, Integer> calls, long bytes) {
    return trained.stream()
        .filter(t -> t.bytes >= bytes)
        .max(
            Comparator.comparingDouble((TrainedNeed t) -> t.alike(calls))
                .thenComparing(t -> t.row.model(), Comparator.reverseOrder()))
        .orElse(null);
  }

  /** Calls that both networks make, as a share of those that either makes: 0 to 1. */
  double alike(Map<String, Integer> others) {
    long both = 0;
    long either = 0;
    for (Map.Entry<String, Integer> mine : calls.entrySet()) {
      int theirs = others.getOrDefault(mine.getKey(), 0);
      both += Math.min(mine.getValue(), theirs);
      either += Math.max(mine.getValue(), theirs);
    }
    for (Map.Entry<String, Integer> theirs : others.entrySet()) {
      either += calls.containsKey(theirs.getKey()) ? 0 : theirs.getValue();
    }
    return either == 0 ? 1 : (double) both / either;
  }
}
