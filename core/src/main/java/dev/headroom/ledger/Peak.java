package dev.headroom.ledger;

import java.util.Map;

/**
 * The moment at which most bytes are alive.
 *
 * @param liveBytes bytes of all live blocks as they were asked for: parameters, buffers, batch,
 *     gradients, optimizer state and what the phase allocated; no rounding, no context
 * @param event index of the allocation that reaches it
 * @param span where that is
 * @param byCategory live bytes by what they are for; the values add up to {@code liveBytes}
 */
public record Peak(long liveBytes, int event, Ledger.Span span, Map<Category, Long> byCategory) {
  public Peak {
    byCategory = Map.copyOf(byCategory);
  }
}
