package dev.headroom.lever;

import dev.headroom.graph.Blocks.Block;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Live bytes of the steady iteration, block by block: where a network runs through its blocks one
 * after another, what is alive while one is at work is what those before it keep, and its own.
 *
 * @param inside most bytes while a block is at work, forward or backward
 * @param between most bytes outside of blocks while so many of the first ones keep what they keep
 * @param after bytes when a block's forward has ended
 */
record BlockPeaks(long[] inside, long[] between, long[] after) {
  /** Reads them off the last iteration of a ledger. */
  static BlockPeaks of(Ledger ledger, List<Block> blocks) {
    int count = blocks.size();
    BlockPeaks peaks = new BlockPeaks(new long[count], new long[count + 1], new long[count]);
    int iteration = ledger.iterations();
    long live = 0;
    int kept = 0;
    for (int i = 0; i < ledger.size(); i++) {
      live += ledger.delta(i);
      Ledger.Span span = ledger.span(i);
      if (span.iteration() != iteration) {
        continue;
      }
      boolean forward = span.phase() == Phase.FORWARD;
      boolean backward = span.phase() == Phase.BACKWARD;
      int block = forward || backward ? block(span.node(), blocks) : -1;
      if (block >= 0) {
        kept = forward ? block + 1 : block;
        peaks.inside[block] = Math.max(peaks.inside[block], live);
        if (forward) {
          peaks.after[block] = live;
        }
        continue;
      }
      kept = forward || backward ? kept : span.phase() == Phase.LOSS ? count : 0;
      peaks.between[kept] = Math.max(peaks.between[kept], live);
    }
    return peaks;
  }

  private static int block(@Nullable Node node, List<Block> blocks) {
    for (int i = 0; node != null && i < blocks.size(); i++) {
      if (blocks.get(i).holds(node.module())) {
        return i;
      }
    }
    return -1;
  }
}
