package dev.headroom.app.fit;

import dev.headroom.ledger.Ledger;
import java.io.IOException;
import java.util.Map;

/** How a probe's process limits itself, and finds out what a training took. */
interface ProbeLimit {
  /** Takes back the limit of the probe before, and what it left behind. */
  void lift() throws IOException;

  /**
   * From here on training may take so much more, and no more: all that is not training is there.
   *
   * @param budgetBytes on top of what is there now
   */
  void impose(long budgetBytes) throws IOException;

  /**
   * What a training took that went through.
   *
   * @param ledger its allocations, as far as the engine recorded them
   * @param validated whether it validated too
   * @return {@code measuredBytes} and {@code takenBytes}, see {@link Probe}
   */
  Map<String, Long> taken(Ledger ledger, boolean validated) throws IOException;
}
