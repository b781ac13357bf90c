package dev.headroom.app.watch;

import java.io.IOException;
import java.util.List;

/** Something whose memory can be looked at. */
@FunctionalInterface
public interface Source {
  /**
   * Looks once.
   *
   * @return a sample per memory, always in the same order
   * @throws IOException if it cannot be looked at; the message says why
   */
  List<Sample> read() throws IOException;
}
