package dev.headroom.data;

/** A thread that a pass over the data needs has ended before its time; the message says why. */
public final class ThreadDiedException extends RuntimeException {
  public ThreadDiedException(String message, Throwable cause) {
    super(message, cause);
  }
}
