package dev.headroom.importers;

/** A network file cannot be read; the message says what, where, and what to do. */
public final class ImportException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ImportException(String message) {
    super(message);
  }

  public ImportException(String message, Throwable cause) {
    super(message, cause);
  }
}
