package dev.headroom.app;

import org.jspecify.annotations.Nullable;

/** Wrong usage that the parser cannot see, such as two options that exclude each other: exit 2. */
public final class UsageException extends AppException {
  /** Says what is wrong and what to do; the hint may be null. */
  public UsageException(String message, @Nullable String hint) {
    super(Exit.USAGE, message, hint, null);
  }

  /** As above, keeping what caused it. */
  public UsageException(String message, @Nullable String hint, Throwable cause) {
    super(Exit.USAGE, message, hint, cause);
  }
}
