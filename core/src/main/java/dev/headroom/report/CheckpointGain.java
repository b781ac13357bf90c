package dev.headroom.report;

import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.Plan;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What checkpointing saves at a batch, and what it costs.
 *
 * @param plan with checkpointing
 * @param keeping the same without
 * @param flops operations of a step with checkpointing, or null where an operator has no rule
 */
public record CheckpointGain(Plan plan, Plan keeping, @Nullable FlopCounter flops) {
  /** For people, at most 80 columns wide. */
  List<String> text() {
    return List.of(
        String.format(
            Locale.ROOT,
            "Checkpointing %,d blocks: kept %s instead of %s,",
            blocks(plan.graph(), plan.recipe()),
            Bytes.format(kept(plan)),
            Bytes.format(kept(keeping))),
        String.format(
            Locale.ROOT,
            "peak %s instead of %s%s.",
            Bytes.format(peak(plan)),
            Bytes.format(peak(keeping)),
            flops == null ? "" : "; " + again(flops)));
  }

  /** What is computed twice, in words. */
  static String again(FlopCounter flops) {
    return String.format(
        Locale.ROOT,
        "%s a step again, %.0f %% of forward",
        Flops.format(flops.again()),
        100 * flops.again() / Math.max(1, flops.forward()));
  }

  static int blocks(Graph graph, Recipe recipe) {
    return recipe.checkpoint().blocks(graph).size();
  }

  /** What is computed again, for JSON. */
  static void json(Map<String, Object> out, FlopCounter flops) {
    out.put("recompute", flops.again() / Math.max(1, flops.forward()));
    out.put("recomputeFlops", flops.again());
    out.put("forwardFlops", flops.forward());
  }

  /** Bytes without checkpointing, and operations with it, for JSON. */
  Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("blocks", blocks(plan.graph(), plan.recipe()));
    out.put("SAVED_FOR_BACKWARD", kept(keeping));
    out.put("peakLiveBytes", peak(keeping));
    if (flops != null) {
      json(out, flops);
    }
    return out;
  }

  private static long kept(Plan plan) {
    return plan.bytes().getOrDefault(Category.ACTIVATION, 0L);
  }

  private static long peak(Plan plan) {
    return plan.peak().liveBytes();
  }
}
