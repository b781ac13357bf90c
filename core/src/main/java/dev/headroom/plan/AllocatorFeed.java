package dev.headroom.plan;

import dev.headroom.allocator.Allocator;
import dev.headroom.allocator.CachingAllocator;
import dev.headroom.ledger.LedgerWriter;
import java.util.Arrays;

/**
 * Puts a ledger through an allocator while it is being written. A stretch is what was written
 * between two calls: an iteration. Once two in a row are the same, further ones need not be
 * written.
 */
final class AllocatorFeed {
  private final CachingAllocator allocator;
  private final LedgerWriter ledger;
  private int[] handles = new int[1024];
  private int at;
  private long peakAllocated;
  private long peakReserved;
  private int peakEvent = -1;
  private int failedEvent = -1;
  private long sequence;

  // The last stretch and the one before it: first event and first block.
  private int start;
  private int firstBlock;
  private int earlierStart;
  private int earlierFirstBlock;
  private int blocks;

  AllocatorFeed(CachingAllocator allocator, LedgerWriter ledger) {
    this.allocator = allocator;
    this.ledger = ledger;
  }

  /** Handles what was written since the last call; false once a request has failed. */
  boolean advance() {
    sequence = 0;
    earlierStart = start;
    earlierFirstBlock = firstBlock;
    start = at;
    firstBlock = blocks;
    for (; at < ledger.events(); at++) {
      long delta = ledger.delta(at);
      int block = ledger.block(at);
      if (delta < 0) {
        allocator.free(handles[block]);
        continue;
      }
      if (block >= handles.length) {
        handles = Arrays.copyOf(handles, Math.max(2 * handles.length, block + 1));
      }
      blocks = block + 1;
      handles[block] = allocate(delta, at);
      if (failedEvent >= 0) {
        return false;
      }
    }
    return true;
  }

  private int allocate(long bytes, int event) {
    int handle = allocator.allocate(bytes, 0);
    if (handle == Allocator.NONE) {
      failedEvent = event;
      return handle;
    }
    sequence = sequence * 0x9E3779B97F4A7C15L + allocator.address(handle);
    peakAllocated = Math.max(peakAllocated, allocator.allocatedBytes());
    if (allocator.reservedBytes() > peakReserved) {
      peakReserved = allocator.reservedBytes();
      peakEvent = event;
    }
    return handle;
  }

  /** Whether the last two stretches ask for the same in the same order. */
  boolean isSteady() {
    int count = blocks - firstBlock;
    int events = at - start;
    if (events == 0 || start - earlierStart != events || firstBlock - earlierFirstBlock != count) {
      return false;
    }
    for (int i = 0; i < events; i++) {
      int block = ledger.block(start + i) - firstBlock;
      if (ledger.delta(start + i) != ledger.delta(earlierStart + i)
          || block != ledger.block(earlierStart + i) - earlierFirstBlock
          || block < -count) {
        return false;
      }
    }
    return true;
  }

  /** Handles the last stretch once more; only where {@link #isSteady}. */
  boolean repeat() {
    int count = blocks - firstBlock;
    int[] now = new int[count];
    sequence = 0;
    for (int i = start; i < at; i++) {
      int block = ledger.block(i) - firstBlock;
      if (ledger.delta(i) < 0) {
        allocator.free(block >= 0 ? now[block] : handles[firstBlock + count + block]);
        continue;
      }
      now[block] = allocate(ledger.delta(i), i);
      if (failedEvent >= 0) {
        return false;
      }
    }
    // The next stretch that is written frees these.
    System.arraycopy(now, 0, handles, firstBlock, count);
    return true;
  }

  /**
   * What the allocator will do from here on depends on its state and on where the blocks of the
   * last stretch lie: equal values mean that the same requests will be answered in the same way.
   */
  long state() {
    return allocator.fingerprint() * 31 + sequence;
  }

  /** Segments that were ever asked for. */
  long segments() {
    return allocator.segmentsTaken();
  }

  long peakAllocatedBytes() {
    return peakAllocated;
  }

  long peakReservedBytes() {
    return peakReserved;
  }

  /** The event that last made the segments grow. */
  int peakEvent() {
    return peakEvent;
  }

  /** The request that found no memory, or -1. */
  int failedEvent() {
    return failedEvent;
  }
}
