package dev.headroom.tensor;

/** A tensor, or all tensors together, would take more bytes than 63 bits can count. */
public final class SizeOverflowException extends ArithmeticException {
  private static final long serialVersionUID = 1;

  /** Says what is that large. */
  public SizeOverflowException(String what) {
    super(what + ": more than 8 EiB, which no machine has. Check its sizes.");
  }

  /** As above, keeping what caused it. */
  public SizeOverflowException(String what, Throwable cause) {
    this(what);
    initCause(cause);
  }
}
