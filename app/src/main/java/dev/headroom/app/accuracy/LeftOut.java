package dev.headroom.app.accuracy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Models of the table that cannot be exported, with the reason that {@code export_timm.py} met. */
final class LeftOut {
  private static final String FILE = "timm-left-out.csv";

  private LeftOut() {}

  /**
   * The reason of each.
   *
   * @throws IOException if the resource is absent or a line is no model and reason
   */
  static Map<String, String> reasons() throws IOException {
    Map<String, String> reasons = new HashMap<>();
    try (InputStream file = LeftOut.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IOException(FILE + " is not beside " + LeftOut.class.getName());
      }
      BufferedReader in = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8));
      in.readLine();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] cells = line.split(",", 2);
        if (cells.length != 2) {
          throw new IOException(FILE + ": '" + line + "' is no model and reason");
        }
        reasons.put(cells[0], cells[1].replaceAll("^\"|\"$", ""));
      }
    }
    return reasons;
  }

  /** Every row that is not compared, by its reason. */
  static Map<String, List<TimmRow>> byReason(List<TimmRow> left) throws IOException {
    Map<String, String> reasons = reasons();
    Map<String, List<TimmRow>> out = new TreeMap<>();
    for (TimmRow row : left) {
      String reason = reasons.get(row.model());
      if (reason == null) {
        throw new IOException(
            row.model() + " is not compared, and " + FILE + " does not say why: export it again");
      }
      out.computeIfAbsent(reason, k -> new ArrayList<>()).add(row);
    }
    return out;
  }

  /** The same for the page: nothing if every row is compared. */
  static List<String> lines(List<TimmRow> left) throws IOException {
    List<String> lines = new ArrayList<>();
    if (left.isEmpty()) {
      return lines;
    }
    lines.add("### Not compared");
    lines.add("");
    byReason(left)
        .forEach(
            (reason, rows) ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "- %s (%d): %s.",
                        reason,
                        rows.size(),
                        String.join(", ", rows.stream().map(TimmRow::model).toList()))));
    lines.add("");
    return lines;
  }
}
