package dev.headroom.report;

import dev.headroom.graph.Blocks;
import dev.headroom.ledger.Category;
import dev.headroom.plan.Plan;
import dev.headroom.tensor.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What checkpointing saves at a batch, and what it costs.
 *
 * @param plan with checkpointing
 * @param keeping the same without
 */
record CheckpointGain(Plan plan, Plan keeping) {
  /** For people, at most 80 columns wide. */
  List<String> text() {
    return List.of(
        String.format(
            Locale.ROOT,
            "Checkpointing %,d blocks: kept %s instead of %s,",
            Blocks.of(plan.graph()).size(),
            Bytes.format(kept(plan)),
            Bytes.format(kept(keeping))),
        String.format(
            Locale.ROOT,
            "peak %s instead of %s; each block's forward is computed twice.",
            Bytes.format(peak(plan)),
            Bytes.format(peak(keeping))));
  }

  /** Bytes without checkpointing, for JSON. */
  Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("blocks", Blocks.of(plan.graph()).size());
    out.put("SAVED_FOR_BACKWARD", kept(keeping));
    out.put("peakLiveBytes", peak(keeping));
    return out;
  }

  private static long kept(Plan plan) {
    return plan.bytes().getOrDefault(Category.ACTIVATION, 0L);
  }

  private static long peak(Plan plan) {
    return plan.peak().liveBytes();
  }
}
