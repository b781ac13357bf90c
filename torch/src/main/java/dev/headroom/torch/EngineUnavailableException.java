package dev.headroom.torch;

/** libtorch cannot run here; the message says why and what to do. */
public final class EngineUnavailableException extends RuntimeException {
  public EngineUnavailableException(String message) {
    super(message);
  }

  public EngineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
