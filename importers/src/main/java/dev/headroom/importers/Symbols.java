package dev.headroom.importers;

import dev.headroom.graph.Dim;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the symbols in a file's sizes stand for. The symbol of the first dimension of the first
 * input is the batch; any other is fixed at the value at which the file was exported.
 */
final class Symbols {
  private final Map<String, Dim> values = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * Finds the symbols of the user's inputs.
   *
   * @param sizes sizes of each input
   */
  Symbols(List<List<Fields>> sizes) {
    for (List<Fields> input : sizes) {
      for (int i = 0; i < input.size(); i++) {
        Fields expression = input.get(i).find("as_expr");
        String symbol =
            expression == null ? "" : SizeExpression.symbol(expression.get("expr_str").text());
        if (expression == null || symbol.isEmpty() || values.containsKey(symbol)) {
          continue;
        }
        if (i == 0 && !values.containsValue(Dim.BATCH)) {
          values.put(symbol, Dim.BATCH);
          continue;
        }
        Fields hint = expression.find("hint");
        if (hint != null && hint.kind().equals("as_int")) {
          long value = hint.get("as_int").integer();
          values.put(symbol, Dim.of(value));
          notes.add(
              "the dynamic size "
                  + symbol
                  + " (dimension "
                  + i
                  + " of an input) is taken as "
                  + value
                  + ", at which the network was exported");
        }
      }
    }
  }

  /** What was assumed, in words. */
  List<String> notes() {
    return notes;
  }

  /** A size, a stride or an offset: a number, or an expression in the symbols. */
  Dim dim(Fields size) {
    Dim dim = evaluate(size);
    if (dim.perSample() < 0 || dim.at(1) < 0) {
      throw size.wrong("a size of at least 0");
    }
    return dim;
  }

  private Dim evaluate(Fields size) {
    switch (size.kind()) {
      case "as_int" -> {
        return Dim.of(size.get("as_int").integer());
      }
      case "as_expr" -> {
        Fields text = size.get("as_expr").get("expr_str");
        try {
          return SizeExpression.evaluate(text.text(), values);
        } catch (IllegalArgumentException | ArithmeticException e) {
          throw new ImportException(text + ": " + e.getMessage(), e);
        }
      }
      default -> throw size.wrong("as_int or as_expr");
    }
  }

  List<Dim> dims(@Nullable Fields sizes) {
    return sizes == null ? List.of() : sizes.items().stream().map(this::dim).toList();
  }
}
