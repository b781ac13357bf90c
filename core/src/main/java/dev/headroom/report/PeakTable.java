package dev.headroom.report;

import dev.headroom.graph.Node;
import dev.headroom.ledger.Peak;
import dev.headroom.plan.LoopPeaks;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where live bytes are highest, part of the loop by part. */
final class PeakTable {
  private PeakTable() {}

  static List<String> text(LoopPeaks peaks) {
    TextTable table =
        new TextTable().header("peak of", "live bytes", "phase", "operator", "module");
    row(table, "iteration 1", peaks.first());
    row(table, "iteration 2 and later", peaks.later());
    row(table, "last, partial batch", peaks.lastBatch());
    row(table, "validation", peaks.validation());
    List<String> lines = new ArrayList<>(table.lines());
    long more = peaks.later().liveBytes() - peaks.first().liveBytes();
    if (more > 0) {
      lines.add(
          "Iteration 2 is higher by "
              + Bytes.exact(more)
              + ": optimizer state exists from the start.");
    }
    return lines;
  }

  private static void row(TextTable table, String name, @Nullable Peak peak) {
    if (peak != null) {
      Node node = peak.span().node();
      table.row(
          name,
          Bytes.exact(peak.liveBytes()),
          peak.span().phase().name().toLowerCase(Locale.ROOT),
          PlanReport.operator(peak.span()),
          node == null ? "-" : node.module());
    }
  }

  /** The same as fields of a plan. */
  static void json(Map<String, Object> plan, LoopPeaks peaks) {
    plan.put("iterations", PlanReport.iterations(peaks.iterations()));
    part(plan, "lastBatch", peaks.lastBatch());
    part(plan, "validation", peaks.validation());
  }

  private static void part(Map<String, Object> plan, String name, @Nullable Peak peak) {
    if (peak != null) {
      Map<String, Object> part = new LinkedHashMap<>();
      part.put("peakLiveBytes", peak.liveBytes());
      plan.put(name, part);
    }
  }
}
