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

  /** The overload. */
  public String op() {
    return op;
  }
}
