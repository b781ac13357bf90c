package dev.headroom.app;

import org.jspecify.annotations.Nullable;

/** Training diverged: exit 6. */
public final class DivergedException extends AppException {
  /** Says what is wrong and what to do; the hint may be null. */
  public DivergedException(String message, @Nullable String hint) {
    super(Exit.DIVERGED, message, hint, null);
  }

  /** As above, keeping what caused it. */
  public DivergedException(String message, @Nullable String hint, Throwable cause) {
    super(Exit.DIVERGED, message, hint, cause);
  }
}
