package dev.headroom.ledger;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

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
    // In one order: of parts that are equally large, every run names the same first.
    byCategory = Collections.unmodifiableSortedMap(new TreeMap<>(byCategory));
  }
}
