package dev.headroom.app.watch;

import java.util.List;

/** A curve in one line of text. */
public final class Sparkline {
  private static final String LEVELS = "▁▂▃▄▅▆▇█";

  private Sparkline() {}

  /**
   * Draws values from 0 up; where there are more than columns, each column shows its highest.
   *
   * @param top what the highest mark stands for; below the highest value, that value
   */
  public static String of(List<Long> values, int columns, long top) {
    StringBuilder line = new StringBuilder();
    int count = Math.min(columns, values.size());
    long highest = Math.max(1, top);
    for (long value : values) {
      highest = Math.max(highest, value);
    }
    for (int column = 0; column < count; column++) {
      int from = (int) ((long) values.size() * column / count);
      int to = (int) ((long) values.size() * (column + 1) / count);
      long most = 0;
      for (long value : values.subList(from, to)) {
        most = Math.max(most, value);
      }
      int level = (int) Math.min(LEVELS.length() - 1, most * (double) LEVELS.length() / highest);
      line.append(LEVELS.charAt(level));
    }
    return line.toString();
  }
}
