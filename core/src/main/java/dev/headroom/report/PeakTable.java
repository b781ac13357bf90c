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
  private static final int WIDTH = 80;

  private PeakTable() {}

  static List<String> text(LoopPeaks peaks) {
    List<Row> rows = new ArrayList<>();
    add(rows, "iteration 1", peaks.first());
    add(rows, "iteration 2 and later", peaks.later());
    add(rows, "last, partial batch", peaks.lastBatch());
    add(rows, "validation", peaks.validation());
    int room = WIDTH - rows.stream().mapToInt(Row::widthWithoutModule).max().orElse(0);
    TextTable table =
        new TextTable().header("peak of", "live bytes", "phase", "operator", "module");
    rows.forEach(
        row -> table.row(row.name, row.bytes, row.phase, row.operator, end(row.module, room)));
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

  private record Row(String name, String bytes, String phase, String operator, String module) {
    int widthWithoutModule() {
      // Columns are as wide as their widest cell; of names that is this one.
      return "iteration 2 and later".length()
          + bytes.length()
          + phase.length()
          + operator.length()
          + 8;
    }
  }

  private static void add(List<Row> rows, String name, @Nullable Peak peak) {
    if (peak != null) {
      Node node = peak.span().node();
      rows.add(
          new Row(
              name,
              Bytes.exact(peak.liveBytes()),
              peak.span().phase().name().toLowerCase(Locale.ROOT),
              PlanReport.operator(peak.span()),
              node == null ? "-" : node.module()));
    }
  }

  /** The last parts of a module's path that have room. */
  private static String end(String module, int room) {
    String rest = module;
    while (rest.length() + 1 > room && rest.indexOf('.') >= 0) {
      rest = rest.substring(rest.indexOf('.') + 1);
    }
    return rest.length() < module.length() ? "…" + rest : rest;
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
