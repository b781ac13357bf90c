package dev.headroom.lever;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The peak of a subset of checkpointed blocks, put together from two plans: one that keeps all, and
 * one that checkpoints all. Exact where blocks follow each other and share nothing that is kept;
 * else near, so that what it says has to be planned.
 */
final class BlockModel {
  /** More partial choices than this are never held at once; the dearest go. */
  private static final int WIDEST = 4096;

  private final BlockPeaks keeping;
  private final BlockPeaks again;
  private final double[] flops;

  /** Bytes that each block keeps less when it is checkpointed. */
  private final long[] saved;

  BlockModel(BlockPeaks keeping, BlockPeaks again, double[] flops) {
    this.keeping = keeping;
    this.again = again;
    this.flops = flops;
    saved = new long[flops.length];
    long before = 0;
    for (int i = 0; i < saved.length; i++) {
      long all = keeping.after()[i] - again.after()[i];
      saved[i] = all - before;
      before = all;
    }
  }

  /** Bytes that a block keeps less when it is checkpointed. */
  long saved(int block) {
    return saved[block];
  }

  /** The most live bytes with these blocks checkpointed. */
  long peak(BitSet subset) {
    long less = 0;
    long peak = keeping.between()[0];
    for (int i = 0; i < saved.length; i++) {
      peak = Math.max(peak, inside(i, subset.get(i), less));
      less += subset.get(i) ? saved[i] : 0;
      peak = Math.max(peak, keeping.between()[i + 1] - less);
    }
    return peak;
  }

  /** While a block is at work, with so much less kept by those before it. */
  private long inside(int block, boolean checkpointed, long less) {
    long all = block == 0 ? 0 : keeping.after()[block - 1] - again.after()[block - 1];
    return checkpointed ? again.inside()[block] + all - less : keeping.inside()[block] - less;
  }

  /** A choice for the first blocks. */
  private record Partial(BitSet subset, long less, double cost) {}

  /** The cheapest subset whose peak is within a limit, or null if there is none. */
  @Nullable BitSet cheapest(long limit) {
    List<Partial> front = List.of(new Partial(new BitSet(), 0, 0));
    if (keeping.between()[0] > limit) {
      return null;
    }
    for (int i = 0; i < saved.length; i++) {
      List<Partial> next = new ArrayList<>();
      for (Partial p : front) {
        add(next, p, i, false, limit);
        add(next, p, i, true, limit);
      }
      front = undominated(next);
    }
    return front.isEmpty() ? null : front.getFirst().subset();
  }

  private void add(List<Partial> next, Partial p, int block, boolean checkpointed, long limit) {
    long less = p.less() + (checkpointed ? saved[block] : 0);
    if (inside(block, checkpointed, p.less()) <= limit
        && keeping.between()[block + 1] - less <= limit) {
      BitSet subset = p.subset();
      if (checkpointed) {
        subset = (BitSet) subset.clone();
        subset.set(block);
      }
      next.add(new Partial(subset, less, p.cost() + (checkpointed ? flops[block] : 0)));
    }
  }

  /** From cheap to dear, each saving more than all before it. */
  private static List<Partial> undominated(List<Partial> all) {
    all.sort(
        Comparator.comparingDouble(Partial::cost)
            .thenComparing(Comparator.comparingLong(Partial::less).reversed())
            .thenComparingInt(p -> p.subset().cardinality()));
    List<Partial> front = new ArrayList<>();
    long most = Long.MIN_VALUE;
    for (Partial p : all) {
      if (p.less() > most && front.size() < WIDEST) {
        front.add(p);
        most = p.less();
      }
    }
    return front;
  }
}
