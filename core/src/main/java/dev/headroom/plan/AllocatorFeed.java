package dev.headroom.plan;

import dev.headroom.allocator.Allocator;
import dev.headroom.allocator.CachingAllocator;
import dev.headroom.ledger.LedgerWriter;
import java.util.Arrays;

/** Puts a ledger through an allocator while it is being written. */
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

  AllocatorFeed(CachingAllocator allocator, LedgerWriter ledger) {
    this.allocator = allocator;
    this.ledger = ledger;
  }

  /** Handles what was written since the last call; false once a request has failed. */
  boolean advance() {
    sequence = 0;
    for (; at < ledger.events() && failedEvent < 0; at++) {
      long delta = ledger.delta(at);
      int block = ledger.block(at);
      if (delta < 0) {
        allocator.free(handles[block]);
        continue;
      }
      if (block >= handles.length) {
        handles = Arrays.copyOf(handles, Math.max(2 * handles.length, block + 1));
      }
      handles[block] = allocator.allocate(delta, 0);
      if (handles[block] == Allocator.NONE) {
        failedEvent = at;
        return false;
      }
      sequence = sequence * 0x9E3779B97F4A7C15L + allocator.address(handles[block]);
      peakAllocated = Math.max(peakAllocated, allocator.allocatedBytes());
      if (allocator.reservedBytes() > peakReserved) {
        peakReserved = allocator.reservedBytes();
        peakEvent = at;
      }
    }
    return failedEvent < 0;
  }

  /**
   * What the allocator will do from here on depends on its state and on where the blocks of the
   * last stretch lie: equal values mean that the same requests will be answered in the same way.
   */
  long state() {
    return allocator.fingerprint() * 31 + sequence;
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
