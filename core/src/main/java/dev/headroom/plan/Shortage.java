package dev.headroom.plan;

import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a run was when memory ran out, read off its ledger: the first allocation of the refused
 * size that would have made a new high.
 *
 * @param liveBytes alive just before, in bytes; the refused block not included
 * @param byCategory the same by what it is for
 * @param span where in the loop that is
 */
public record Shortage(long liveBytes, Map<Category, Long> byCategory, Ledger.Span span) {
  public Shortage {
    // In one order: of parts that are equally large, every run names the same first.
    byCategory = Collections.unmodifiableSortedMap(new TreeMap<>(byCategory));
  }

  /** Finds it, or null if the ledger has no such allocation. */
  public static @Nullable Shortage of(Ledger ledger, long refusedBytes) {
    long live = 0;
    long high = 0;
    EnumMap<Category, Long> now = new EnumMap<>(Category.class);
    for (int i = 0; i < ledger.size(); i++) {
      long delta = ledger.delta(i);
      if (delta == refusedBytes && live + delta > high) {
        now.values().removeIf(bytes -> bytes == 0);
        return new Shortage(live, now, ledger.span(i));
      }
      live += delta;
      high = Math.max(high, live);
      now.merge(ledger.category(ledger.block(i)), delta, Long::sum);
    }
    return null;
  }
}
