package dev.headroom.app;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text table: a title, column heads over a rule, words to the left and numbers to the right. It
 * takes at most a given width: the widest column of words is shortened, numbers never are.
 */
public final class Table {
  private static final String GAP = "  ";
  private static final int MIN_WORDS = 8;

  private record Column(String head, boolean right) {}

  private final @Nullable String title;
  private final List<Column> columns = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  private Table(@Nullable String title) {
    this.title = title;
  }

  /** A table with a title line. */
  public static Table titled(String title) {
    return new Table(title);
  }

  /** A table without a title. */
  public static Table untitled() {
    return new Table(null);
  }

  /** Adds a column of words. */
  public Table words(String head) {
    columns.add(new Column(head, false));
    return this;
  }

  /** Adds a column of numbers. */
  public Table numbers(String head) {
    columns.add(new Column(head, true));
    return this;
  }

  /** Adds a row, one text per column; numbers come formatted, with their unit. */
  public Table row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          "the row has " + cells.length + " cells, the table " + columns.size() + " columns");
    }
    rows.add(List.of(cells));
    return this;
  }

  /** Adds a rule, as above a total. */
  public Table rule() {
    rows.add(List.of());
    return this;
  }

  /** Prints it, 80 columns wide at most. */
  public void print(Terminal terminal) {
    lines(Terminal.WIDTH, terminal.ansi()).forEach(terminal::println);
  }

  /** The lines, each at most {@code width} columns. */
  public List<String> lines(int width, Ansi ansi) {
    int[] widths = widths(width);
    int total = GAP.length() * Math.max(0, widths.length - 1);
    for (int w : widths) {
      total += w;
    }
    String rule = ansi.dim("─".repeat(total));
    List<String> lines = new ArrayList<>();
    if (title != null) {
      lines.add(ansi.bold(shorten(title, width)));
    }
    if (columns.stream().anyMatch(c -> !c.head().isEmpty())) {
      lines.add(ansi.dim(line(columns.stream().map(Column::head).toList(), widths)));
    }
    lines.add(rule);
    for (List<String> row : rows) {
      lines.add(row.isEmpty() ? rule : line(row, widths));
    }
    return lines;
  }

  private int[] widths(int width) {
    int[] widths = new int[columns.size()];
    int excess = GAP.length() * (widths.length - 1) - width;
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Ansi.width(columns.get(i).head());
      for (List<String> row : rows) {
        widths[i] = row.isEmpty() ? widths[i] : Math.max(widths[i], Ansi.width(row.get(i)));
      }
      excess += widths[i];
    }
    while (excess > 0) {
      int widest = -1;
      for (int i = 0; i < widths.length; i++) {
        if (!columns.get(i).right()
            && widths[i] > MIN_WORDS
            && (widest < 0 || widths[i] > widths[widest])) {
          widest = i;
        }
      }
      if (widest < 0) {
        break;
      }
      widths[widest]--;
      excess--;
    }
    return widths;
  }

  private String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = shorten(cells.get(i), widths[i]);
      String pad = " ".repeat(Math.max(0, widths[i] - Ansi.width(cell)));
      line.append(i == 0 ? "" : GAP);
      line.append(columns.get(i).right() ? pad + cell : cell + pad);
    }
    return line.toString().stripTrailing();
  }

  /** Keeps the beginning and, since names differ at their end, more of the end. */
  private static String shorten(String text, int width) {
    if (Ansi.width(text) <= width || text.indexOf('\u001b') >= 0) {
      return text;
    }
    int[] points = text.codePoints().toArray();
    int head = (width - 1) / 3;
    int tail = width - 1 - head;
    return new String(points, 0, head) + "…" + new String(points, points.length - tail, tail);
  }
}
