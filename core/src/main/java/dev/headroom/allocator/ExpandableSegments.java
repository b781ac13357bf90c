package dev.headroom.allocator;

import dev.headroom.allocator.Pools.Pool;
import java.util.Arrays;

/**
 * Segments that grow: an address range larger than the device, into which memory is mapped page by
 * page ({@code expandable_segments:True}; 2 MiB pages in the small pool, 20 MiB in the large one).
 */
final class ExpandableSegments {
  private static final int NONE = Blocks.NONE;

  private final CachingAllocator allocator;
  private final Blocks blocks;
  private final long rangeBytes;
  private long[] base = new long[4];
  private long[] page = new long[4];
  private int count;

  ExpandableSegments(CachingAllocator allocator, long rangeBytes) {
    this.allocator = allocator;
    this.blocks = allocator.blocks;
    this.rangeBytes = rangeBytes;
  }

  /**
   * Which free block an expandable one has to give way to: with growing segments, the one whose
   * segment has the least room to grow; without, the next that does not grow.
   */
  int preferred(Pool pool, int first) {
    int at = first;
    if (allocator.settings.expandableSegments()) {
      int next = pool.free().next(at);
      while (blocks.expandable[at] != NONE && next != NONE && room(next) < room(at)) {
        at = next;
        next = pool.free().next(at);
      }
      return at;
    }
    while (at != NONE && blocks.expandable[at] != NONE) {
      at = pool.free().next(at);
    }
    return at;
  }

  private long room(int block) {
    int next = blocks.next[block];
    return blocks.size[block] + (next != NONE && !blocks.mapped[next] ? blocks.size[next] : 0);
  }

  /** A free block of at least a size, out of every tree, or NONE if the device is full. */
  int allocate(Pool pool, long size) {
    int candidate = find(pool, size);
    if (!blocks.mapped[candidate]) {
      candidate = map(pool, candidate, Math.min(blocks.size[candidate], size));
    }
    while (candidate != NONE && blocks.size[candidate] < size) {
      int next = blocks.next[candidate];
      long missing = size - blocks.size[candidate];
      candidate = map(pool, next, Math.min(missing, blocks.size[next]));
    }
    if (candidate != NONE) {
      pool.free().remove(candidate);
    }
    return candidate;
  }

  /** The lowest range with enough room, counting a free block right before it. */
  private int find(Pool pool, long size) {
    for (int c = pool.unmapped().first(); c != NONE; c = pool.unmapped().next(c)) {
      int before = blocks.prev[c];
      int start = before != NONE && !blocks.allocated[before] ? before : c;
      long bytes = 0;
      for (int b = start; b != NONE && !blocks.allocated[b] && bytes < size; b = blocks.next[b]) {
        bytes += blocks.size[b];
      }
      if (bytes >= size) {
        return start;
      }
    }
    long pageBytes = pageBytes(pool.small());
    long bytes = Math.ceilDiv(Math.max(rangeBytes, size), pageBytes) * pageBytes;
    int segment = add(allocator.source.reserve(bytes), pageBytes);
    int block = blocks.create(pool.index(), base[segment], bytes);
    blocks.expandable[block] = segment;
    blocks.mapped[block] = false;
    pool.unmapped().add(block);
    return block;
  }

  static long pageBytes(boolean small) {
    return small ? AllocatorSettings.SMALL_BUFFER : AllocatorSettings.LARGE_BUFFER;
  }

  int add(long address, long pageBytes) {
    if (count == base.length) {
      base = Arrays.copyOf(base, 2 * count);
      page = Arrays.copyOf(page, 2 * count);
    }
    base[count] = address;
    page[count] = pageBytes;
    return count++;
  }

  long rangeBytes() {
    return rangeBytes;
  }

  /** Maps whole pages from the start of an unmapped block; the free block that results, or NONE. */
  private int map(Pool pool, int block, long size) {
    int segment = blocks.expandable[block];
    long bytes = Math.min(Math.ceilDiv(size, page[segment]) * page[segment], blocks.size[block]);
    if (!allocator.fits(bytes)) {
      return NONE;
    }
    pool.unmapped().remove(block);
    if (bytes < blocks.size[block]) {
      int rest = block;
      block = blocks.splitFront(rest, bytes);
      blocks.mapped[rest] = false;
      pool.unmapped().add(rest);
    }
    blocks.mapped[block] = true;
    allocator.source.mapped(blocks.address[block], bytes);
    allocator.mapped(bytes);
    allocator.mergeWithNeighbours(pool, block);
    allocator.insert(pool, block);
    return block;
  }

  /** Takes the memory out of every whole page that lies in a free block. */
  void release(Pool pool) {
    int block = pool.free().first();
    int[] found = new int[16];
    int n = 0;
    for (; block != NONE; block = pool.free().next(block)) {
      if (blocks.expandable[block] != NONE) {
        if (n == found.length) {
          found = Arrays.copyOf(found, 2 * n);
        }
        found[n++] = block;
      }
    }
    for (int i = 0; i < n; i++) {
      unmap(pool, found[i]);
    }
  }

  private void unmap(Pool pool, int block) {
    int segment = blocks.expandable[block];
    long start = blocks.address[block] - base[segment];
    long end = start + blocks.size[block];
    long from = Math.ceilDiv(start, page[segment]) * page[segment];
    long to = end / page[segment] * page[segment];
    if (from >= to) {
      return;
    }
    pool.free().remove(block);
    if (from > start) {
      allocator.insert(pool, blocks.splitFront(block, from - start));
    }
    if (end > to) {
      int rest = block;
      block = blocks.splitFront(rest, to - from);
      allocator.insert(pool, rest);
    }
    blocks.mapped[block] = false;
    allocator.mapped(from - to);
    allocator.mergeWithNeighbours(pool, block);
    if (blocks.isSplit(block)) {
      pool.unmapped().add(block);
    } else {
      blocks.discard(block);
    }
  }
}
