package dev.headroom.app;

/** Bold, dim and colours for a terminal; every method returns its text unchanged when off. */
public record Ansi(boolean on) {
  /** No colour. */
  public static final Ansi OFF = new Ansi(false);

  /** Bold. */
  public String bold(String text) {
    return wrap("1", text);
  }

  /** Dim. */
  public String dim(String text) {
    return wrap("2", text);
  }

  /** Red: errors, and what does not fit. */
  public String red(String text) {
    return wrap("31", text);
  }

  /** Green: what fits. */
  public String green(String text) {
    return wrap("32", text);
  }

  /** Yellow: warnings. */
  public String yellow(String text) {
    return wrap("33", text);
  }

  /** Columns that a text takes on the screen: its code points, without escape sequences. */
  static int width(String text) {
    int width = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if (c == 0x1b) {
        int end = text.indexOf('m', i);
        i = end < 0 ? text.length() : end + 1;
        continue;
      }
      width++;
      i += Character.charCount(c);
    }
    return width;
  }

  private String wrap(String code, String text) {
    return on ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
