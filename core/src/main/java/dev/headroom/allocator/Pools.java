package dev.headroom.allocator;

import java.util.ArrayList;
import java.util.List;

/** The small and the large pool of every stream, made when first needed. */
final class Pools {
  /**
   * Free blocks of one pool and one stream.
   *
   * @param index in {@link Blocks#pool}
   * @param small whether it serves requests up to 1 MiB
   * @param stream from 0
   * @param free cached blocks, best fit first
   * @param unmapped ranges of expandable segments without memory, lowest first
   */
  record Pool(int index, boolean small, int stream, BlockTree free, BlockTree unmapped) {}

  private final Blocks blocks;
  private final List<Pool> pools = new ArrayList<>();
  private Pool[] byStream = new Pool[8];

  Pools(Blocks blocks) {
    this.blocks = blocks;
  }

  Pool of(boolean small, int stream) {
    int slot = 2 * stream + (small ? 0 : 1);
    if (slot >= byStream.length) {
      if (stream < 0 || stream >= 1 << 20) {
        throw new IllegalArgumentException("stream is " + stream + ", expected 0 to 1048575");
      }
      byStream = java.util.Arrays.copyOf(byStream, 2 * slot);
    }
    Pool pool = byStream[slot];
    if (pool == null) {
      pool =
          new Pool(
              pools.size(),
              small,
              stream,
              new BlockTree(blocks, true),
              new BlockTree(blocks, false));
      pools.add(pool);
      byStream[slot] = pool;
    }
    return pool;
  }

  Pool get(int index) {
    return pools.get(index);
  }

  /** All pools of one kind, by stream. */
  List<Pool> all(boolean small) {
    List<Pool> out = new ArrayList<>();
    for (int slot = small ? 0 : 1; slot < byStream.length; slot += 2) {
      if (byStream[slot] != null) {
        out.add(byStream[slot]);
      }
    }
    return out;
  }
}
