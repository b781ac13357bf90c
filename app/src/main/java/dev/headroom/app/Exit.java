package dev.headroom.app;

/** What the process says to its caller when it ends; scripts rely on these numbers. */
public enum Exit {
  /** Done. */
  OK(0),
  /** A bug in Headroom, and it says so. */
  BUG(1),
  /** Wrong usage: an unknown option, a value out of range. */
  USAGE(2),
  /** Input that cannot be read or is not supported, or output that cannot be written. */
  INPUT(3),
  /** Does not fit, or ran out of memory. */
  DOES_NOT_FIT(4),
  /** The engine or the device is not available. */
  UNAVAILABLE(5),
  /** Training diverged. */
  DIVERGED(6),
  /** A thread that training needs has died. */
  THREAD_DIED(7),
  /** Interrupted by the user. */
  INTERRUPTED(130);

  private final int code;

  Exit(int code) {
    this.code = code;
  }

  /** The process's exit status. */
  public int code() {
    return code;
  }
}
