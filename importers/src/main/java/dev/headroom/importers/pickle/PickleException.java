package dev.headroom.importers.pickle;

import java.io.IOException;

/** A pickle that cannot be read: damaged, too large, or asking for more than plain data. */
public final class PickleException extends IOException {
  /** Says what is wrong and at which byte. */
  public PickleException(String message, long position) {
    super(message + " (at byte " + position + ")");
  }
}
