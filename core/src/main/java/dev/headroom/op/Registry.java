package dev.headroom.op;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the rules of the families; each brings its operator's signature. */
final class Registry {
  private final Map<String, Entry> entries = new HashMap<>();

  /** A rule with its signature, which is read when it is first asked for. */
  static final class Entry {
    final Rule rule;
    private final String text;
    private @Nullable Schema schema;

    Entry(String text, Rule rule) {
      this.text = text;
      this.rule = rule;
    }

    Schema schema() {
      Schema known = schema;
      if (known == null) {
        known = Schema.parse(text);
        schema = known;
      }
      return known;
    }
  }

  /**
   * Adds an operator.
   *
   * @param signature as {@code native_functions.yaml} writes it, so that defaults are known: {@code
   *     "relu(Tensor self)"}, {@code "add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)"}
   */
  void add(String signature, Rule rule) {
    Entry before = entries.put(Schema.name(signature), new Entry(signature, rule));
    if (before != null) {
      throw new IllegalStateException(Schema.name(signature) + " has two rules");
    }
  }

  Map<String, Entry> entries() {
    return entries;
  }
}
