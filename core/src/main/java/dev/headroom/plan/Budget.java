package dev.headroom.plan;

import dev.headroom.tensor.Bytes;

/**
 * What training may use.
 *
 * @param bytes live bytes that are allowed, on top of the idle process
 * @param source where the figure comes from
 */
public record Budget(long bytes, Source source) {
  /** Who says so. */
  public enum Source {
    /** The user. */
    GIVEN,
    /** Nobody did, so it is the memory of the machine at hand. */
    MACHINE
  }

  /** As a sentence has it: {@code 2.00 GiB} or {@code this machine's 23.54 GiB}. */
  public String text() {
    return source == Source.MACHINE ? "this machine's " + Bytes.format(bytes) : Bytes.format(bytes);
  }
}
