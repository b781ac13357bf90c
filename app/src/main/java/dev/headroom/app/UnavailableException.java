package dev.headroom.app;

import org.jspecify.annotations.Nullable;

/** The engine or the device is not there: exit 5. */
public final class UnavailableException extends AppException {
  /** Says what is wrong and what to do; the hint may be null. */
  public UnavailableException(String message, @Nullable String hint) {
    super(Exit.UNAVAILABLE, message, hint, null);
  }

  /** As above, keeping what caused it. */
  public UnavailableException(String message, @Nullable String hint, Throwable cause) {
    super(Exit.UNAVAILABLE, message, hint, cause);
  }
}
