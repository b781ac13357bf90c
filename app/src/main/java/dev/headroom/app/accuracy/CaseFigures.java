package dev.headroom.app.accuracy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The three figures of a case, in bytes: what is kept for backward, the peaks of step 1 and 2.
 *
 * @param recorded PyTorch's
 * @param predicted ours
 */
record CaseFigures(List<Long> recorded, List<Long> predicted) {
  /** Their names in the JSON. */
  private static final List<String> NAMES =
      List.of("savedForBackward", "peakOfStep1", "peakOfStep2");

  /** Lays what was predicted beside what a case recorded. */
  static CaseFigures of(OracleCase c, long saved, long peak1, long peak2) {
    return new CaseFigures(
        List.of(c.savedBytes(), c.peakBytes(0), c.peakBytes(1)), List.of(saved, peak1, peak2));
  }

  /** Whether all agree to the byte. */
  boolean exact() {
    return recorded.equals(predicted);
  }

  /** A table's first cells: the case's name, then PyTorch's bytes and the difference. */
  StringBuilder cells(String name) {
    StringBuilder row = new StringBuilder("| ").append(name);
    for (int i = 0; i < NAMES.size(); i++) {
      row.append(
          String.format(
              Locale.ROOT, " | %,d (%,d)", recorded.get(i), predicted.get(i) - recorded.get(i)));
    }
    return row;
  }

  /** The same for JSON. */
  Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    for (int i = 0; i < NAMES.size(); i++) {
      out.put(NAMES.get(i), Map.of("predicted", predicted.get(i), "recorded", recorded.get(i)));
    }
    return out;
  }
}
