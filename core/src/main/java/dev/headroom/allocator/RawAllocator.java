package dev.headroom.allocator;

import java.util.Arrays;

/**
 * Memory without rounding or caching, as PyTorch's CPU allocator gives it: live, allocated and
 * reserved are the same.
 */
public final class RawAllocator implements Allocator {
  private final long limitBytes;
  private long[] sizes = new long[256];
  private int[] unused = new int[256];
  private int unusedCount;
  private int blocks;
  private long live;

  /** An allocator that fails beyond a limit; {@link Long#MAX_VALUE} for none. */
  public RawAllocator(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  @Override
  public int allocate(long bytes, int stream) {
    CachingAllocator.checkRequest(bytes);
    if (bytes > limitBytes - live) {
      return NONE;
    }
    int block = unusedCount > 0 ? unused[--unusedCount] : blocks++;
    if (block == sizes.length) {
      sizes = Arrays.copyOf(sizes, 2 * block);
      unused = Arrays.copyOf(unused, 2 * block);
    }
    sizes[block] = bytes;
    live += bytes;
    return block;
  }

  @Override
  public void free(int block) {
    if (block < 0 || block >= blocks || sizes[block] == 0) {
      throw new IllegalArgumentException("block " + block + " is not allocated");
    }
    live -= sizes[block];
    sizes[block] = 0;
    unused[unusedCount++] = block;
  }

  @Override
  public void emptyCache() {}

  @Override
  public long liveBytes() {
    return live;
  }

  @Override
  public long allocatedBytes() {
    return live;
  }

  @Override
  public long reservedBytes() {
    return live;
  }
}
