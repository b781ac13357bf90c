package dev.headroom.app.fit;

import java.util.Locale;

/**
 * One try of a batch in a process of its own.
 *
 * @param batch micro-batch that was tried
 * @param predictedBytes by the plan: the live peak, or on a GPU what the allocator reserves
 * @param measuredBytes live peak that libtorch reported, on a GPU the most bytes of blocks; 0 if it
 *     did not come to that
 * @param takenBytes RAM that the process took on top of its idle state, on a GPU the most bytes of
 *     segments; 0 likewise
 * @param outcome how it ended
 * @param message what libtorch or the process said, empty if it fits
 * @param seconds from the question to the answer, with the start of a process where one was started
 */
public record Probe(
    long batch,
    long predictedBytes,
    long measuredBytes,
    long takenBytes,
    Outcome outcome,
    String message,
    double seconds) {

  /** How a try ended. */
  public enum Outcome {
    /** At least two iterations, the last partial batch and a validation pass went through. */
    FITS,
    /** libtorch could not get the memory, or the process was ended for it. */
    OUT_OF_MEMORY,
    /** It was not done in time. */
    TIME_LIMIT,
    /** The user wants no more. */
    INTERRUPTED,
    /** Anything else, which is no answer. */
    ERROR;

    /** As tables and the JSON write it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }
}
