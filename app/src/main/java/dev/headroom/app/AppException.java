package dev.headroom.app;

import org.jspecify.annotations.Nullable;

/** A failure that is no bug: it ends the command with its own exit code, without a stack trace. */
public abstract class AppException extends RuntimeException {
  private final Exit exit;
  private final @Nullable String hint;

  AppException(Exit exit, String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.exit = exit;
    this.hint = hint;
  }

  /** How the process ends. */
  public Exit exit() {
    return exit;
  }

  /** What to do about it, as one sentence, or null. */
  public @Nullable String hint() {
    return hint;
  }
}
