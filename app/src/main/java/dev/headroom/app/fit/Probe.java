package dev.headroom.app.fit;

import java.util.Locale;

/**
 * One try of a batch in a process of its own.
 *
 * @param batch micro-batch that was tried
 * @param predictedBytes live peak by the plan
 * @param measuredBytes live peak that libtorch reported, 0 if it did not come to that
 * @param processBytes RAM that the process took on top of its idle state, 0 likewise
 * @param outcome how it ended
 * @param message what libtorch or the process said, empty if it fits
 * @param seconds from the start of the process to its end
 */
public record Probe(
    long batch,
    long predictedBytes,
    long measuredBytes,
    long processBytes,
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
