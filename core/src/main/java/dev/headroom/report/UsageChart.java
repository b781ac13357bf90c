package dev.headroom.report;

import dev.headroom.allocator.Usage;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Memory over the events of a trace as text, 80 columns wide: blocks in use as solid columns, what
 * is reserved beyond them as shaded ones; each column is the highest of its events.
 */
final class UsageChart {
  private static final int WIDTH = 66;
  private static final int HEIGHT = 10;

  private UsageChart() {}

  static List<String> lines(Usage usage) {
    int events = usage.size();
    int columns = Math.min(WIDTH, events);
    List<String> out = new ArrayList<>();
    if (columns == 0) {
      return out;
    }
    long[] allocated = new long[columns];
    long[] reserved = new long[columns];
    for (int i = 0; i < events; i++) {
      int column = (int) ((long) i * columns / events);
      allocated[column] = Math.max(allocated[column], usage.allocatedBytes(i));
      reserved[column] = Math.max(reserved[column], usage.reservedBytes(i));
    }
    long top = Math.max(1, usage.peakReservedBytes());
    for (int row = HEIGHT; row >= 1; row--) {
      String label =
          row == HEIGHT ? Bytes.format(top) : row == HEIGHT / 2 ? Bytes.format(top / 2) : "";
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%11s │", label));
      for (int column = 0; column < columns; column++) {
        line.append(
            reaches(allocated[column], row, top)
                ? '█'
                : reaches(reserved[column], row, top) ? '░' : ' ');
      }
      out.add(line.toString().stripTrailing());
    }
    out.add(" ".repeat(12) + "└" + "─".repeat(columns));
    String last = String.format(Locale.ROOT, "event %,d", events - 1);
    int gap = Math.max(1, columns - 1 - last.length());
    out.add(" ".repeat(13) + "0" + " ".repeat(gap) + last);
    out.add(" ".repeat(13) + "█ in use   ░ reserved, not in use");
    return out;
  }

  /** A row is filled when more than half of it is. */
  private static boolean reaches(long bytes, int row, long top) {
    return bytes / (double) top * HEIGHT > row - 0.5;
  }
}
