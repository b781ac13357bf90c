package dev.headroom.report;

import java.util.ArrayList;
import java.util.List;

/** A plain table: the first column to the left, the others to the right. */
final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();
  private int headerRows;

  TextTable header(String... cells) {
    rows.add(List.of(cells));
    headerRows++;
    return this;
  }

  TextTable row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /** A line across, before the next row. */
  TextTable rule() {
    rows.add(List.of());
    return this;
  }

  /** A line above a row, as wide as it is. */
  TextTable across(String line) {
    rows.add(List.of(line));
    return this;
  }

  List<String> lines() {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] width = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size() && row.size() > 1; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    int total = 2 * Math.max(0, columns - 1);
    for (int w : width) {
      total += w;
    }
    List<String> lines = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      List<String> row = rows.get(r);
      if (row.isEmpty()) {
        lines.add("─".repeat(total));
        continue;
      }
      if (row.size() == 1) {
        lines.add(row.getFirst());
        continue;
      }
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String pad = " ".repeat(width[i] - row.get(i).length());
        line.append(i == 0 ? "" : "  ").append(i == 0 ? row.get(i) + pad : pad + row.get(i));
      }
      lines.add(line.toString().stripTrailing());
      if (r + 1 == headerRows) {
        lines.add("─".repeat(total));
      }
    }
    return lines;
  }
}
