package dev.headroom.importers;

import dev.headroom.graph.Dim;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the symbols in a file's sizes stand for. The batch is the symbol of the first dimension of
 * the first input that has one there; else, of inputs whose batch is not first, the only symbol.
 * Another input's first dimension with a symbol of its own is the batch too if it was as large when
 * the network was exported: nothing in the network ties the two together. Any other symbol is fixed
 * at the value at which the file was exported.
 */
final class Symbols {
  private final Map<String, Dim> values = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  /** A symbol where it stands alone as a size, with the value at export, if the file has it. */
  private record Place(String symbol, int input, int dimension, @Nullable Long value) {}

  /**
   * Finds the symbols of the user's inputs.
   *
   * @param sizes sizes of each input
   */
  Symbols(List<List<Fields>> sizes) {
    List<Place> places = new ArrayList<>();
    for (int input = 0; input < sizes.size(); input++) {
      for (int i = 0; i < sizes.get(input).size(); i++) {
        Fields expression = sizes.get(input).get(i).find("as_expr");
        String symbol =
            expression == null ? "" : SizeExpression.symbol(expression.get("expr_str").text());
        if (expression != null && !symbol.isEmpty()) {
          places.add(new Place(symbol, input, i, value(expression.find("hint"))));
        }
      }
    }
    Place batch = batch(places);
    if (batch != null) {
      values.put(batch.symbol(), Dim.BATCH);
      if (batch.dimension() != 0) {
        notes.add("the batch is dimension " + batch.dimension() + " of an input");
      }
    }
    for (Place place : places) {
      if (values.containsKey(place.symbol())) {
        continue;
      }
      if (batch != null && place.dimension() == 0 && isAsLarge(batch, place)) {
        values.put(place.symbol(), Dim.BATCH);
        notes.add(
            "the dynamic size "
                + place.symbol()
                + " (dimension 0 of another input) is taken as the batch, as large as which it was"
                + " when the network was exported");
      } else if (place.value() != null) {
        values.put(place.symbol(), Dim.of(place.value()));
        notes.add(
            "the dynamic size "
                + place.symbol()
                + " (dimension "
                + place.dimension()
                + " of an input) is taken as "
                + place.value()
                + ", at which the network was exported");
      }
    }
  }

  private static @Nullable Long value(@Nullable Fields hint) {
    return hint != null && hint.kind().equals("as_int") ? hint.get("as_int").integer() : null;
  }

  private static @Nullable Place batch(List<Place> places) {
    for (Place place : places) {
      if (place.dimension() == 0) {
        return place;
      }
    }
    long different = places.stream().map(Place::symbol).distinct().count();
    return different == 1 ? places.getFirst() : null;
  }

  private static boolean isAsLarge(Place batch, Place place) {
    return place.value() != null && place.value().equals(batch.value());
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
          throw ImportException.damaged(text + ": " + e.getMessage(), e);
        }
      }
      default -> throw size.wrong("as_int or as_expr");
    }
  }

  List<Dim> dims(@Nullable Fields sizes) {
    return sizes == null ? List.of() : sizes.items().stream().map(this::dim).toList();
  }
}
