package dev.headroom.allocator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Takes events back, from the state after them to the state before. Only a free needs thought: the
 * block may have been larger than its request. In the small pool a remainder of 512 B is always
 * split off; in the large pool free blocks are always larger than 1 MiB, so that a smaller gap
 * belonged to the block.
 */
final class Rewind {
  /** A segment with its blocks by address: requested bytes, 0 for free. */
  private static final class Segment {
    final long address;
    long bytes;
    final boolean small;
    final int stream;
    final boolean expandable;
    final TreeMap<Long, Snapshot.Block> blocks = new TreeMap<>();

    Segment(long address, long bytes, boolean small, int stream, boolean expandable) {
      this.address = address;
      this.bytes = bytes;
      this.small = small;
      this.stream = stream;
      this.expandable = expandable;
    }
  }

  private final NavigableMap<Long, Segment> segments = new TreeMap<>();

  Rewind(Snapshot end) {
    for (Snapshot.Segment s : end.segments()) {
      Segment segment = new Segment(s.address(), s.bytes(), s.small(), s.stream(), s.expandable());
      long address = s.address();
      for (Snapshot.Block block : s.blocks()) {
        segment.blocks.put(address, block);
        address += block.bytes();
      }
      segments.put(s.address(), segment);
    }
  }

  private Segment segment(long address) {
    Map.Entry<Long, Segment> entry = segments.floorEntry(address);
    if (entry == null || address - entry.getKey() >= entry.getValue().bytes) {
      throw new IllegalArgumentException(String.format("0x%x lies in no segment", address));
    }
    return entry.getValue();
  }

  void undoAlloc(long address) {
    Segment segment = segment(address);
    Snapshot.Block block = segment.blocks.get(address);
    if (block == null || !block.allocated()) {
      throw new IllegalArgumentException(String.format("no block is in use at 0x%x", address));
    }
    long start = address;
    long bytes = block.bytes();
    Map.Entry<Long, Snapshot.Block> before = segment.blocks.lowerEntry(address);
    if (before != null && !before.getValue().allocated()) {
      start = before.getKey();
      bytes += before.getValue().bytes();
    }
    Map.Entry<Long, Snapshot.Block> after = segment.blocks.higherEntry(address);
    if (after != null && !after.getValue().allocated()) {
      bytes += after.getValue().bytes();
      segment.blocks.remove(after.getKey());
    }
    segment.blocks.remove(address);
    segment.blocks.put(start, new Snapshot.Block(bytes, 0));
  }

  void undoFree(long address, long requested) {
    Segment segment = segment(address);
    Map.Entry<Long, Snapshot.Block> entry = segment.blocks.floorEntry(address);
    if (entry == null || entry.getValue().allocated()) {
      throw new IllegalArgumentException(String.format("0x%x is still in use", address));
    }
    long start = entry.getKey();
    long end = start + entry.getValue().bytes();
    long room = end - address;
    long size = AllocatorSettings.DEFAULT.round(requested);
    long keeps =
        segment.small || segment.expandable
            ? AllocatorSettings.MIN_BLOCK - 1
            : AllocatorSettings.SMALL_SIZE;
    if (size > room) {
      throw new IllegalArgumentException(
          String.format("a block of %,d bytes has %,d at 0x%x", size, room, address));
    }
    if (room - size <= keeps) {
      size = room;
    }
    segment.blocks.remove(start);
    if (address > start) {
      segment.blocks.put(start, new Snapshot.Block(address - start, 0));
    }
    segment.blocks.put(address, new Snapshot.Block(size, requested));
    if (room > size) {
      segment.blocks.put(address + size, new Snapshot.Block(room - size, 0));
    }
  }

  void undoSegmentAlloc(long address, long bytes) {
    Segment segment = segment(address);
    Snapshot.Block only = segment.blocks.get(address);
    if (segment.address != address
        || segment.bytes != bytes
        || segment.blocks.size() != 1
        || only == null
        || only.allocated()) {
      throw new IllegalArgumentException(
          String.format("the segment at 0x%x was not just taken", address));
    }
    segments.remove(address);
  }

  void undoSegmentFree(long address, long bytes, int stream) {
    Map.Entry<Long, Segment> before = segments.floorEntry(address);
    Map.Entry<Long, Segment> after = segments.higherEntry(address);
    if ((before != null && before.getKey() + before.getValue().bytes > address)
        || (after != null && address + bytes > after.getKey())) {
      throw new IllegalArgumentException(
          String.format("a segment at 0x%x overlaps another", address));
    }
    boolean small = bytes == AllocatorSettings.SMALL_BUFFER;
    Segment segment = new Segment(address, bytes, small, stream, false);
    segment.blocks.put(address, new Snapshot.Block(bytes, 0));
    segments.put(address, segment);
  }

  Snapshot snapshot() {
    List<Snapshot.Segment> out = new ArrayList<>();
    for (Segment s : segments.values()) {
      out.add(
          new Snapshot.Segment(
              s.address, s.bytes, s.small, s.stream, s.expandable, List.copyOf(s.blocks.values())));
    }
    return new Snapshot(out);
  }
}
