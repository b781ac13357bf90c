package dev.headroom.allocator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one place in the program holds at a moment.
 *
 * @param holder who asked
 * @param before whether it was allocated before the recording began, by someone unknown
 * @param blocks how many blocks
 * @param bytes of these blocks, as rounded
 */
public record Holding(Trace.Holder holder, boolean before, int blocks, long bytes) {

  private record Key(Trace.Holder holder, boolean before) {}

  /** Who holds what after an event (-1: before the first), the largest first. */
  public static List<Holding> after(Trace trace, Usage usage, int event) {
    boolean[] live = new boolean[trace.blockCount()];
    Trace.Holder[] holders = new Trace.Holder[trace.blockCount()];
    int initial = trace.initialHolders.length;
    for (int block = 0; block < initial; block++) {
      live[block] = true;
      holders[block] = trace.initialHolder(block);
    }
    for (int i = 0; i <= event; i++) {
      if (trace.block(i) >= 0) {
        boolean alloc = trace.kind(i) == Trace.Kind.ALLOC;
        live[trace.block(i)] = alloc;
        if (alloc) {
          holders[trace.block(i)] = trace.holder(i);
        }
      }
    }
    Map<Key, Holding> sums = new LinkedHashMap<>();
    for (int block = 0; block < live.length; block++) {
      if (live[block]) {
        boolean before = block < initial && holders[block].equals(Trace.Holder.UNKNOWN);
        sums.merge(
            new Key(holders[block], before),
            new Holding(holders[block], before, 1, usage.blockBytes(block)),
            Holding::plus);
      }
    }
    List<Holding> out = new ArrayList<>(sums.values());
    out.sort(Comparator.comparingLong(Holding::bytes).reversed());
    return out;
  }

  private Holding plus(Holding other) {
    return new Holding(holder, before, blocks + other.blocks, bytes + other.bytes);
  }
}
