package dev.headroom.app;

import org.jspecify.annotations.Nullable;

/** Input that cannot be read or is not supported, or output that cannot be written: exit 3. */
public final class InputException extends AppException {
  /** Says what is wrong and what to do; the hint may be null. */
  public InputException(String message, @Nullable String hint) {
    super(Exit.INPUT, message, hint, null);
  }

  /** As above, keeping what caused it. */
  public InputException(String message, @Nullable String hint, Throwable cause) {
    super(Exit.INPUT, message, hint, cause);
  }
}
