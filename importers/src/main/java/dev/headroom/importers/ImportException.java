package dev.headroom.importers;

/** A network file cannot be read; the message says what, where, and what to do. */
public final class ImportException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final String REMEDY =
      ". The file is damaged or not what torch.export.save writes; export it again with PyTorch"
          + " 2.10.";

  public ImportException(String message) {
    super(message);
  }

  public ImportException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Of what PyTorch never writes.
   *
   * @param what is wrong, without a full stop
   */
  static ImportException damaged(String what) {
    return new ImportException(what + REMEDY);
  }

  /** The same with what found it. */
  static ImportException damaged(String what, Throwable cause) {
    return new ImportException(what + REMEDY, cause);
  }
}
