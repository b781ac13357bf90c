package dev.headroom.ledger;

import dev.headroom.tensor.Bytes;

/**
 * Two recordings of the same loop did not do the same things, since some algorithm was chosen by
 * the batch, or a third does not lie in line with them. The message names the first event that
 * differs.
 */
public final class RecordingMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean uneven;

  RecordingMismatchException(Recording.Run first, Recording.Run second, int event) {
    super(
        "the recordings at batch "
            + first.batches().getFirst()
            + " and "
            + second.batches().getFirst()
            + " differ ("
            + first.ledger().size()
            + " and "
            + second.ledger().size()
            + " events), first at event "
            + event
            + ": "
            + describe(first.ledger(), event)
            + " against "
            + describe(second.ledger(), event));
    this.uneven = false;
  }

  private RecordingMismatchException(String message) {
    super(message);
    this.uneven = true;
  }

  /** Whether bytes do not lie on a line, which larger recordings do not mend. */
  public boolean isUneven() {
    return uneven;
  }

  /** Bytes do not lie on a line, so that two recordings say nothing about other batches. */
  static RecordingMismatchException uneven(
      Recording.Run first, Recording.Run other, int event, long expected) {
    return new RecordingMismatchException(
        "bytes do not grow evenly with the batch: "
            + describe(first.ledger(), event)
            + " at batch "
            + first.batches().getFirst()
            + " is "
            + describe(other.ledger(), event)
            + " at batch "
            + other.batches().getFirst()
            + ", where "
            + Bytes.exact(expected)
            + " were expected; small recordings cannot be extended then: use --ledger written");
  }

  private static String describe(Ledger ledger, int event) {
    if (event >= ledger.size()) {
      return "nothing more";
    }
    long delta = ledger.delta(event);
    return (delta > 0 ? "an allocation of " : "a free of ")
        + Bytes.exact(Math.abs(delta))
        + " in iteration "
        + ledger.span(event).iteration()
        + ", "
        + Recording.where(ledger.span(event));
  }
}
