package dev.headroom.op;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The registry: every overload that a rule is known for, found by name. */
public final class Operators {
  private static final Map<String, Rule> RULES = new HashMap<>();

  static {
    Elementwise.register(RULES);
    Linear.register(RULES);
    Loss.register(RULES);
    Factory.register(RULES);
    Foreach.register(RULES);
  }

  private Operators() {}

  /**
   * The rule of an overload.
   *
   * @throws UnsupportedOperatorException if there is none
   */
  public static Rule rule(String op) {
    Rule rule = RULES.get(op);
    if (rule == null) {
      throw new UnsupportedOperatorException(op);
    }
    return rule;
  }

  /** All overloads with a rule, sorted. */
  public static Set<String> supported() {
    return new TreeSet<>(RULES.keySet());
  }
}
