package dev.headroom.op;

import java.util.List;

/** A network calls an ATen overload that no rule is known for. */
public final class UnsupportedOperatorException extends RuntimeException {
  private final String op;

  public UnsupportedOperatorException(String op) {
    super(
        op
            + " is not supported: no rule says what it allocates. Supported: "
            + String.join(", ", Operators.supported()));
    this.op = op;
  }

  /**
   * An overload that is known, but not in the form in which it is called.
   *
   * @param form what is not supported, such as {@code with projections}
   */
  public UnsupportedOperatorException(String op, String form) {
    super(op + " is not supported " + form + ".");
    this.op = op;
  }

  /**
   * Several overloads that no rule is known for.
   *
   * @param calls each with how often and where it is called; the first is the one to name
   */
  public UnsupportedOperatorException(String network, List<String> ops, String calls) {
    super(
        network
            + ": no rule says what these operators allocate: "
            + calls
            + ". Use --ledger recorded: it runs two tiny steps on libtorch and needs no rules.");
    this.op = ops.getFirst();
  }

  /** The overload. */
  public String op() {
    return op;
  }
}
