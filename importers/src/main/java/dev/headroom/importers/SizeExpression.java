package dev.headroom.importers;

import dev.headroom.graph.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads sizes as torch.export writes them, in sympy's {@code srepr}: {@code Mul(Integer(768),
 * Symbol('s77', positive=True, integer=True))}, and works them out to {@code perSample * batch +
 * fixed}.
 */
final class SizeExpression {
  private static final int MAX_DEPTH = 40;

  private final String text;
  private final Map<String, Dim> symbols;
  private int at;

  private SizeExpression(String text, Map<String, Dim> symbols) {
    this.text = text;
    this.symbols = symbols;
  }

  /** The symbol, if the text is one symbol and nothing else; otherwise empty. */
  static String symbol(String text) {
    if (text.matches("[A-Za-z_]\\w*")) {
      return text;
    }
    SizeExpression e = new SizeExpression(text, Map.of());
    if (!text.startsWith("Symbol('")) {
      return "";
    }
    e.at = "Symbol(".length();
    String name = e.quoted();
    return text.indexOf('(', e.at) < 0 && text.endsWith(")") ? name : "";
  }

  /**
   * Works an expression out.
   *
   * @throws IllegalArgumentException if it cannot be read, or is no such sum
   * @throws ArithmeticException if a size needs more than 64 bits
   */
  static Dim evaluate(String text, Map<String, Dim> symbols) {
    SizeExpression e = new SizeExpression(text, symbols);
    Dim value = e.expression(0);
    if (e.at != text.length()) {
      throw e.wrong("something is left over");
    }
    return value;
  }

  private Dim expression(int depth) {
    if (depth > MAX_DEPTH) {
      throw wrong("it is nested too deeply");
    }
    String head = word();
    if (head.isEmpty()) {
      throw wrong("a name is missing");
    }
    if (at == text.length() || text.charAt(at) != '(') {
      return lookUp(head);
    }
    at++;
    Dim value =
        switch (head) {
          case "Symbol", "Dummy" -> {
            Dim symbol = lookUp(quoted());
            skipToEnd();
            yield symbol;
          }
          case "Integer" -> {
            int start = at;
            skipToEnd();
            yield number(text.substring(start, at));
          }
          default -> {
            List<Dim> parts = new ArrayList<>();
            do {
              skipSpaces();
              parts.add(expression(depth + 1));
              skipSpaces();
            } while (accept(','));
            yield combine(head, parts);
          }
        };
    expect(')');
    return value;
  }

  private Dim combine(String head, List<Dim> parts) {
    return switch (head) {
      case "Add" -> parts.stream().reduce(Dim.of(0), SizeExpression::add);
      case "Mul" -> parts.stream().reduce(Dim.of(1), this::multiply);
      case "Min" -> parts.stream().reduce((a, b) -> smaller(a, b) ? a : b).orElseThrow();
      case "Max" -> parts.stream().reduce((a, b) -> smaller(a, b) ? b : a).orElseThrow();
      case "FloorDiv", "CleanDiv" -> divide(parts);
      default -> throw wrong("'" + head + "' is not supported in a size");
    };
  }

  private static Dim add(Dim a, Dim b) {
    return new Dim(
        Math.addExact(a.perSample(), b.perSample()), Math.addExact(a.fixed(), b.fixed()));
  }

  private Dim multiply(Dim a, Dim b) {
    if (a.perSample() != 0 && b.perSample() != 0) {
      throw wrong("it grows with the square of the batch");
    }
    return new Dim(
        Math.addExact(
            Math.multiplyExact(a.perSample(), b.fixed()),
            Math.multiplyExact(a.fixed(), b.perSample())),
        Math.multiplyExact(a.fixed(), b.fixed()));
  }

  /** Whether a is at most b for every batch from 1 on; otherwise the reverse must hold. */
  private boolean smaller(Dim a, Dim b) {
    if (a.perSample() <= b.perSample() && a.at(1) <= b.at(1)) {
      return true;
    }
    if (b.perSample() <= a.perSample() && b.at(1) <= a.at(1)) {
      return false;
    }
    throw wrong("which part is smaller depends on the batch");
  }

  private Dim divide(List<Dim> parts) {
    long by = parts.size() == 2 && parts.get(1).perSample() == 0 ? parts.get(1).fixed() : 0;
    if (by == 0 || parts.get(0).perSample() % by != 0) {
      throw wrong("it does not grow evenly with the batch");
    }
    return new Dim(parts.get(0).perSample() / by, Math.floorDiv(parts.get(0).fixed(), by));
  }

  private Dim lookUp(String name) {
    Dim value = symbols.get(name);
    if (value == null) {
      throw wrong("nothing says what the symbol '" + name + "' is");
    }
    return value;
  }

  private Dim number(String digits) {
    try {
      return Dim.of(Long.parseLong(digits.strip()));
    } catch (NumberFormatException e) {
      throw wrong("'" + digits + "' is not a whole number of 64 bits");
    }
  }

  private String word() {
    int start = at;
    while (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  private String quoted() {
    expect('\'');
    int end = text.indexOf('\'', at);
    if (end < 0) {
      throw wrong("a quote is not closed");
    }
    String name = text.substring(at, end);
    at = end + 1;
    return name;
  }

  /** A number's digits, or a symbol's assumptions such as {@code , positive=True}. */
  private void skipToEnd() {
    while (at < text.length() && text.charAt(at) != ')') {
      at++;
    }
  }

  private void skipSpaces() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
  }

  private boolean accept(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char c) {
    if (!accept(c)) {
      throw wrong("'" + c + "' is missing");
    }
  }

  private IllegalArgumentException wrong(String why) {
    String shown = text.length() > 120 ? text.substring(0, 120) + "..." : text;
    return new IllegalArgumentException("the size '" + shown + "' cannot be used: " + why);
  }
}
