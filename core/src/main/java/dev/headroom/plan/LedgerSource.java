package dev.headroom.plan;

import dev.headroom.ledger.Ledger;
import java.util.List;

/** Where ledgers come from: the training loop on paper, or a recording that is extended. */
public interface LedgerSource {
  /**
   * The ledger of set-up and some iterations.
   *
   * @param batches size of the micro-batches of each iteration
   * @param validationBatch size of a validation batch after the last iteration, 0 for none
   */
  Ledger ledger(List<Long> batches, long validationBatch);

  /** As the command line and the JSON write it: {@code written} or {@code recorded}. */
  String label();
}
