package dev.headroom.allocator;

import dev.headroom.allocator.Pools.Pool;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch's {@code CUDACachingAllocator} ({@code c10/cuda/CUDACachingAllocator.cpp}), request by
 * request: round, best fit by size and then address, split, merge, a new segment only when nothing
 * fits, cached segments given back when the device is full. Left out: private pools of CUDA graphs.
 */
public final class CachingAllocator implements Allocator {
  final AllocatorSettings settings;
  final Blocks blocks = new Blocks();
  final Pools pools = new Pools(blocks);
  final SegmentSource source;
  private final ExpandableSegments expandable;
  private final @Nullable AllocatorSettings rounding;
  private final long maxSplit;
  private final boolean collects;
  private final long limitBytes;
  private final long allowedBytes;

  private long live;
  private long allocated;
  private long reserved;
  private long segmentsTaken;
  private long segmentsReturned;
  private long retries;

  // Searches of the large and of the small pool: the clock of garbage collection.
  private long largeSearches;
  private long smallSearches;

  /**
   * An allocator on an empty device.
   *
   * @param limitBytes what it may reserve: the device's memory less what else lives there; {@link
   *     Long#MAX_VALUE} for no limit
   * @param totalBytes the device's whole memory, of which settings take a share
   */
  public CachingAllocator(
      AllocatorSettings settings, SegmentSource source, long limitBytes, long totalBytes) {
    this.settings = settings;
    this.source = source;
    this.limitBytes = limitBytes;
    maxSplit = settings.maxSplitBytes();
    boolean plain = settings.roundupDivisions().stream().allMatch(d -> d <= 1);
    rounding = plain ? null : settings;
    allowedBytes = (long) (settings.memoryFraction() * (double) totalBytes);
    collects = settings.hasFraction() && settings.garbageCollectionThreshold() > 0;
    long known = totalBytes == Long.MAX_VALUE ? 1L << 40 : totalBytes;
    expandable = new ExpandableSegments(this, known + known / 8);
  }

  /** With PyTorch's defaults on a device without limit. */
  public static CachingAllocator unlimited() {
    return new CachingAllocator(
        AllocatorSettings.DEFAULT, SegmentSource.descending(), Long.MAX_VALUE, Long.MAX_VALUE);
  }

  static void checkRequest(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("an allocation of " + bytes + " bytes is no request");
    }
  }

  @Override
  public int allocate(long bytes, int stream) {
    checkRequest(bytes);
    long size =
        rounding != null
            ? rounding.round(bytes)
            : Math.addExact(bytes, AllocatorSettings.MIN_BLOCK - 1) & -AllocatorSettings.MIN_BLOCK;
    Pool pool = pools.of(size <= AllocatorSettings.SMALL_SIZE, stream);
    int block = takeFree(pool, size);
    if (block == NONE) {
      if (collects) {
        collectGarbage();
      }
      long segment = AllocatorSettings.segmentBytes(size);
      block = newSegment(pool, size, segment);
      if (block == NONE && releaseOversize(pool, size)) {
        block = newSegment(pool, size, segment);
      }
      if (block == NONE) {
        retries++;
        emptyCache();
        block = newSegment(pool, size, segment);
      }
      if (block == NONE) {
        return NONE;
      }
    }
    if (shouldSplit(pool, block, size)) {
      int rest = block;
      block = blocks.splitFront(rest, size);
      insert(pool, rest);
    }
    blocks.allocated[block] = true;
    blocks.requested[block] = bytes;
    live += bytes;
    allocated += blocks.size[block];
    return block;
  }

  @Override
  public void free(int block) {
    if (block < 0 || block >= blocks.rows() || !blocks.allocated[block]) {
      throw new IllegalArgumentException("block " + block + " is not allocated");
    }
    blocks.allocated[block] = false;
    live -= blocks.requested[block];
    allocated -= blocks.size[block];
    blocks.requested[block] = 0;
    Pool pool = pools.get(blocks.pool[block]);
    mergeWithNeighbours(pool, block);
    insert(pool, block);
  }

  private boolean shouldSplit(Pool pool, int block, long size) {
    long rest = blocks.size[block] - size;
    if (pool.small() || settings.expandableSegments()) {
      return rest >= AllocatorSettings.MIN_BLOCK;
    }
    return size < maxSplit && rest > AllocatorSettings.SMALL_SIZE;
  }

  private int takeFree(Pool pool, long size) {
    if (collects) {
      countSearch(pool.small());
    }
    int block = pool.free().ceiling(size, Long.MIN_VALUE);
    if (block != NONE && blocks.expandable[block] != NONE) {
      block = expandable.preferred(pool, block);
    }
    if (block == NONE
        || (size < maxSplit && blocks.size[block] >= maxSplit)
        || (size >= maxSplit && blocks.size[block] - size >= settings.maxNonSplitRoundingBytes())) {
      return NONE;
    }
    pool.free().remove(block);
    return block;
  }

  private int newSegment(Pool pool, long size, long segment) {
    // The fraction is checked before anything else, and for the whole segment.
    if (settings.hasFraction() && segment > allowedBytes - reserved) {
      return NONE;
    }
    if (settings.expandableSegments()) {
      return expandable.allocate(pool, size);
    }
    if (!fits(segment)) {
      return NONE;
    }
    int block = blocks.create(pool.index(), source.allocate(segment), segment);
    segmentsTaken++;
    reserved += segment;
    return block;
  }

  /** Whether the device has this much left. */
  boolean fits(long bytes) {
    return bytes <= limitBytes - reserved;
  }

  /** Memory was mapped into an expandable segment, or (negative) taken out of it. */
  void mapped(long bytes) {
    reserved += bytes;
    if (bytes > 0) {
      segmentsTaken++;
    } else {
      segmentsReturned++;
    }
  }

  /** Puts a free block into its pool. */
  void insert(Pool pool, int block) {
    blocks.searchesBefore[block] = searches(pool.small());
    pool.free().add(block);
  }

  /** Joins a block that is in no tree with its neighbours that are free and mapped as it is. */
  void mergeWithNeighbours(Pool pool, int block) {
    merge(pool, block, blocks.prev[block]);
    merge(pool, block, blocks.next[block]);
  }

  private void merge(Pool pool, int block, int neighbour) {
    if (neighbour == NONE
        || blocks.allocated[neighbour]
        || blocks.mapped[neighbour] != blocks.mapped[block]) {
      return;
    }
    (blocks.mapped[neighbour] ? pool.free() : pool.unmapped()).remove(neighbour);
    blocks.absorb(block, neighbour);
  }

  /** Gives back oversize blocks, the largest first, until the request would fit. */
  private boolean releaseOversize(Pool pool, long size) {
    if (maxSplit == Long.MAX_VALUE) {
      return false;
    }
    long wanted = Math.max(size, maxSplit);
    int block = pool.free().ceiling(wanted, Long.MIN_VALUE);
    if (block != NONE) {
      return release(pool, block);
    }
    long released = 0;
    for (block = pool.free().last();
        block != NONE && released < wanted && blocks.size[block] >= maxSplit;
        block = pool.free().last()) {
      long bytes = blocks.size[block];
      if (!release(pool, block)) {
        return false;
      }
      released += bytes;
    }
    return released >= wanted;
  }

  /** Gives a cached segment back; false if the block is not a whole segment. */
  private boolean release(Pool pool, int block) {
    if (blocks.expandable[block] != NONE || blocks.isSplit(block)) {
      return false;
    }
    pool.free().remove(block);
    reserved -= blocks.size[block];
    segmentsReturned++;
    blocks.discard(block);
    return true;
  }

  @Override
  public void emptyCache() {
    for (boolean small : new boolean[] {false, true}) {
      for (Pool pool : pools.all(small)) {
        int block = pool.free().first();
        while (block != NONE) {
          int next = pool.free().next(block);
          release(pool, block);
          block = next;
        }
        expandable.release(pool);
      }
    }
  }

  /**
   * Gives back the unused segment at an address, as a recording says that PyTorch did.
   *
   * @return whether there is one
   */
  public boolean releaseSegment(long address) {
    for (boolean small : new boolean[] {false, true}) {
      for (Pool pool : pools.all(small)) {
        for (int b = pool.free().first(); b != NONE; b = pool.free().next(b)) {
          if (blocks.address[b] == address) {
            return release(pool, b);
          }
        }
      }
    }
    return false;
  }

  /** Number of cached segments that {@link #emptyCache} would give back. */
  int freeableSegments() {
    int count = 0;
    for (boolean small : new boolean[] {false, true}) {
      for (Pool pool : pools.all(small)) {
        for (int b = pool.free().first(); b != NONE; b = pool.free().next(b)) {
          count += blocks.expandable[b] == NONE && !blocks.isSplit(b) ? 1 : 0;
        }
      }
    }
    return count;
  }

  private void collectGarbage() {
    long threshold = (long) (settings.garbageCollectionThreshold() * (double) allowedBytes);
    long target = reserved - threshold;
    long age = 0;
    int count = 0;
    for (Pool pool : pools.all(false)) {
      for (int b = pool.free().first(); b != NONE; b = pool.free().next(b)) {
        if (!blocks.isSplit(b)) {
          age += age(b);
          count++;
        }
      }
    }
    long reclaimed = 0;
    boolean freed = true;
    while (reclaimed < target && freed && count > 0) {
      // Everything at or above the average age goes, even beyond the target.
      double old = (double) age / count;
      freed = false;
      for (Pool pool : pools.all(false)) {
        int block = pool.free().first();
        while (block != NONE) {
          int next = pool.free().next(block);
          long its = age(block);
          long bytes = blocks.size[block];
          if (its >= old && release(pool, block)) {
            freed = true;
            reclaimed += bytes;
            age -= its;
            count--;
          }
          block = next;
        }
      }
    }
  }

  private long age(int block) {
    return largeSearches - blocks.searchesBefore[block];
  }

  private void countSearch(boolean small) {
    if (small) {
      smallSearches++;
    } else {
      largeSearches++;
    }
  }

  private long searches(boolean small) {
    return small ? smallSearches : largeSearches;
  }

  /** Takes over the segments of a snapshot; see {@link SnapshotLoader}. */
  void loaded(long liveBytes, long allocatedBytes, long reservedBytes) {
    live += liveBytes;
    allocated += allocatedBytes;
    reserved += reservedBytes;
  }

  /** Fills an empty allocator with what a snapshot holds; handles of its allocated blocks. */
  public int[] restore(Snapshot snapshot) {
    return SnapshotLoader.load(this, expandable, snapshot);
  }

  /** All segments and blocks as they are now. */
  public Snapshot snapshot() {
    return SnapshotLoader.save(this);
  }

  /** A number that is the same for the same segments and blocks at the same addresses. */
  public long fingerprint() {
    long sum = 0;
    for (int row = 0; row < blocks.rows(); row++) {
      if (blocks.size[row] > 0) {
        long mixed = blocks.address[row] * 0x9E3779B97F4A7C15L ^ blocks.size[row];
        mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L ^ blocks.requested[row];
        sum += (mixed ^ mixed >>> 29) * 0xBF58476D1CE4E5B9L;
      }
    }
    return sum;
  }

  /** Address of an allocated block. */
  public long address(int block) {
    return blocks.address[block];
  }

  /** Bytes of an allocated block as rounded. */
  public long blockBytes(int block) {
    return blocks.size[block];
  }

  /** Segments taken from the device so far; for expandable ones, extensions. */
  public long segmentsTaken() {
    return segmentsTaken;
  }

  /** Segments given back so far. */
  public long segmentsReturned() {
    return segmentsReturned;
  }

  /** How often the cache was emptied to satisfy a request ({@code num_alloc_retries}). */
  public long retries() {
    return retries;
  }

  @Override
  public long liveBytes() {
    return live;
  }

  @Override
  public long allocatedBytes() {
    return allocated;
  }

  @Override
  public long reservedBytes() {
    return reserved;
  }
}
