package dev.headroom.allocator;

import dev.headroom.allocator.Pools.Pool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Moves snapshots into an allocator and out of it. */
final class SnapshotLoader {
  private static final int NONE = Blocks.NONE;

  private SnapshotLoader() {}

  static int[] load(CachingAllocator to, ExpandableSegments expandable, Snapshot snapshot) {
    Blocks blocks = to.blocks;
    int[] handles = new int[16];
    int count = 0;
    long end = Long.MIN_VALUE;
    for (Snapshot.Segment segment : snapshot.segments()) {
      if (segment.address() < end) {
        throw new IllegalArgumentException(
            String.format("the segment at 0x%x overlaps the one before it", segment.address()));
      }
      end = Math.addExact(segment.address(), segment.bytes());
      Pool pool = to.pools.of(segment.small(), segment.stream());
      int range =
          segment.expandable()
              ? expandable.add(segment.address(), ExpandableSegments.pageBytes(segment.small()))
              : NONE;
      long address = segment.address();
      int before = NONE;
      for (Snapshot.Block b : segment.blocks()) {
        int block = blocks.create(pool.index(), address, b.bytes());
        blocks.expandable[block] = range;
        blocks.splice(before, block, NONE);
        if (b.allocated()) {
          blocks.allocated[block] = true;
          blocks.requested[block] = b.requestedBytes();
          handles = count == handles.length ? Arrays.copyOf(handles, 2 * count) : handles;
          handles[count++] = block;
        } else {
          to.insert(pool, block);
        }
        address += b.bytes();
        before = block;
      }
    }
    to.loaded(snapshot.liveBytes(), snapshot.allocatedBytes(), snapshot.reservedBytes());
    return Arrays.copyOf(handles, count);
  }

  static Snapshot save(CachingAllocator from) {
    Blocks blocks = from.blocks;
    List<Snapshot.Segment> segments = new ArrayList<>();
    for (int row = 0; row < blocks.rows(); row++) {
      boolean starts =
          blocks.size[row] > 0
              && blocks.mapped[row]
              && (blocks.prev[row] == NONE || !blocks.mapped[blocks.prev[row]]);
      if (!starts) {
        continue;
      }
      List<Snapshot.Block> list = new ArrayList<>();
      long bytes = 0;
      for (int b = row; b != NONE && blocks.mapped[b]; b = blocks.next[b]) {
        list.add(new Snapshot.Block(blocks.size[b], blocks.requested[b]));
        bytes += blocks.size[b];
      }
      Pool pool = from.pools.get(blocks.pool[row]);
      segments.add(
          new Snapshot.Segment(
              blocks.address[row],
              bytes,
              pool.small(),
              pool.stream(),
              blocks.expandable[row] != NONE,
              list));
    }
    segments.sort(Comparator.comparingLong(Snapshot.Segment::address));
    return new Snapshot(segments);
  }
}
