package dev.headroom.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Lines that hold options to type. They go on in the next line at a blank; an option's list that is
 * longer than a line goes on behind a comma and a backslash, from the first column, as a shell
 * reads it.
 */
final class OptionLines {
  private static final String INDENT = "    ";

  private OptionLines() {}

  static List<String> wrap(List<String> lines, int width) {
    List<String> out = new ArrayList<>();
    for (String line : lines) {
      wrap(line, width, out);
    }
    return out;
  }

  private static void wrap(String line, int width, List<String> out) {
    String rest = line;
    while (rest.length() > width) {
      int blank = rest.lastIndexOf(' ', width);
      int begin = rest.length() - rest.stripLeading().length();
      boolean inList =
          blank < begin || endOfWord(rest, blank + 1) - blank > width - INDENT.length();
      int comma = inList ? rest.lastIndexOf(',', width - 2) : -1;
      if (comma > begin) {
        out.add(rest.substring(0, comma + 1) + "\\");
        rest = rest.substring(comma + 1);
      } else if (blank > begin) {
        out.add(rest.substring(0, blank));
        rest = INDENT + rest.substring(blank + 1);
      } else {
        break;
      }
    }
    out.add(rest);
  }

  private static int endOfWord(String text, int from) {
    int end = text.indexOf(' ', from);
    return end < 0 ? text.length() : end;
  }
}
