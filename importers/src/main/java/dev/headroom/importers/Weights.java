package dev.headroom.importers;

import dev.headroom.graph.Input;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;

/**
 * The values of parameters, buffers and constants that came with a network, read when asked for.
 */
public final class Weights {
  private final Archive archive;
  private final Payloads payloads;

  Weights(Archive archive, Payloads payloads) {
    this.archive = archive;
    this.payloads = payloads;
  }

  /** Whether the file has values for an input. */
  public boolean has(Input input) {
    Payloads.Payload payload = payloads.of(input);
    return payload != null && payload.entry() != null;
  }

  /**
   * Copies the values of an input, laid out by its strides. Stored entries are mapped, packed ones
   * inflated piece by piece.
   *
   * @param target as many bytes as the input's elements reach over
   * @throws ImportException if the bytes are damaged
   * @throws UncheckedIOException if the file is gone or cannot be read
   */
  public void copy(Input input, MemorySegment target) {
    Payloads.Payload payload = payloads.of(input);
    if (payload == null || payload.entry() == null) {
      throw new IllegalArgumentException("the file has no values for " + input.path());
    }
    try {
      archive.read(payload.entry(), payload.offsetBytes(), target.asSlice(0, payload.spanBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
