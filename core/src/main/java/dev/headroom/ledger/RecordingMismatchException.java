package dev.headroom.ledger;

import dev.headroom.tensor.Bytes;

/**
 * Two recordings of the same loop did not do the same things: some algorithm was chosen by the
 * batch. The message names the first event that differs.
 */
public final class RecordingMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1;

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
