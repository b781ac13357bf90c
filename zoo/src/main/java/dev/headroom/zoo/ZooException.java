package dev.headroom.zoo;

/** A built-in network was asked for that does not exist, or not in this form. */
public final class ZooException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final String hint;

  ZooException(String message, String hint) {
    super(message);
    this.hint = hint;
  }

  /** What to do about it. */
  public String hint() {
    return hint;
  }
}
