package dev.headroom.report;

import dev.headroom.measure.Comparison;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Predicted, measured, difference, as a table. */
public final class ComparisonReport {
  private final Comparison comparison;

  public ComparisonReport(Comparison comparison) {
    this.comparison = comparison;
  }

  /** The table, its verdict first. */
  public List<String> text() {
    List<String> lines = new ArrayList<>();
    long off = comparison.rows().stream().filter(r -> r.differenceBytes() != 0).count();
    lines.add(
        comparison.exact()
            ? "Predicted = measured, to the byte."
            : off + " of " + comparison.rows().size() + " figures differ from the prediction.");
    TextTable table = new TextTable().header("bytes", "predicted", "measured", "difference");
    for (Comparison.Row row : comparison.rows()) {
      table.row(
          row.name().toLowerCase(Locale.ROOT).replace('_', ' '),
          Bytes.exact(row.predictedBytes()),
          Bytes.exact(row.measuredBytes()),
          Bytes.exact(row.differenceBytes()));
    }
    lines.addAll(table.lines());
    return lines;
  }
}
