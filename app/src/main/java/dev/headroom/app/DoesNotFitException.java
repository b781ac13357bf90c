package dev.headroom.app;

import org.jspecify.annotations.Nullable;

/** Not even the smallest batch fits, or memory ran out: exit 4. */
public final class DoesNotFitException extends AppException {
  /** Says what is wrong and what to do; the hint may be null. */
  public DoesNotFitException(String message, @Nullable String hint) {
    super(Exit.DOES_NOT_FIT, message, hint, null);
  }

  /** As above, keeping what caused it. */
  public DoesNotFitException(String message, @Nullable String hint, Throwable cause) {
    super(Exit.DOES_NOT_FIT, message, hint, cause);
  }
}
