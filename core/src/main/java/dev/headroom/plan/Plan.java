package dev.headroom.plan;

import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Peak;
import dev.headroom.recipe.Recipe;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the training memory goes, for one network, recipe and batch. All figures are live bytes:
 * what PyTorch asks its CPU allocator for. Left out: what the process takes before it trains,
 * scratch that BLAS and oneDNN allocate by themselves, and {@link #notIncluded}.
 *
 * @param graph the network
 * @param recipe what the loop adds
 * @param batch micro-batch size
 * @param bytes per category, the most alive at once; ACTIVATION is what autograd keeps
 * @param peak the highest point of the whole loop
 * @param peaks the highest points of its parts
 * @param budget what may be live, or null for no limit
 * @param largestBatch the solution for the budget, or null without one or if nothing fits
 */
public record Plan(
    Graph graph,
    Recipe recipe,
    long batch,
    Map<Category, Long> bytes,
    Peak peak,
    LoopPeaks peaks,
    @Nullable Budget budget,
    @Nullable LargestBatch largestBatch) {
  public Plan {
    bytes = Map.copyOf(bytes);
  }

  /** The same held against a budget, with the largest batch as found in another way. */
  public Plan withBudget(Budget other, @Nullable LargestBatch largest) {
    return new Plan(graph, recipe, batch, bytes, peak, peaks, other, largest);
  }

  /** Whether the peak stays within the budget; true without one. */
  public boolean fits() {
    return budget == null || peak.liveBytes() <= budget.bytes();
  }

  /** What no figure here covers, in words. */
  public List<String> notIncluded() {
    return List.of(
        "the process before training: JVM or Python, libtorch's code and threads",
        "scratch that BLAS and oneDNN allocate outside PyTorch's allocator",
        "the data set itself and the loader's prepared batches");
  }
}
