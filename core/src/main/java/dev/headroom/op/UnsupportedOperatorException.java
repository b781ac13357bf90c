package dev.headroom.op;

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

  /** The overload. */
  public String op() {
    return op;
  }
}
