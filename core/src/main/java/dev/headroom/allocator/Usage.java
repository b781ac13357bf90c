package dev.headroom.allocator;

/** Bytes after every event of a trace, where they were highest, and how large each block was. */
public final class Usage {
  private final long[] allocated;
  private final long[] reserved;
  private final long[] blockBytes;
  private int events;
  private int peakEvent = -1;
  private long peakAllocated;
  private long peakReserved;
  private int peakReservedEvent = -1;

  Usage(int events, int blocks) {
    allocated = new long[events];
    reserved = new long[events];
    blockBytes = new long[blocks];
  }

  void start(CachingAllocator allocator, int[] handles) {
    peakAllocated = allocator.allocatedBytes();
    peakReserved = allocator.reservedBytes();
    for (int block = 0; block < handles.length; block++) {
      blockBytes[block] = allocator.blockBytes(handles[block]);
    }
  }

  void block(int block, long bytes) {
    blockBytes[block] = bytes;
  }

  void note(int event, Allocator allocator) {
    events = event + 1;
    allocated[event] = allocator.allocatedBytes();
    reserved[event] = allocator.reservedBytes();
    if (allocated[event] > peakAllocated) {
      peakAllocated = allocated[event];
      peakEvent = event;
    }
    if (reserved[event] > peakReserved) {
      peakReserved = reserved[event];
      peakReservedEvent = event;
    }
  }

  /** Bytes of all blocks in use after an event, as rounded. */
  public long allocatedBytes(int event) {
    return allocated[event];
  }

  /** Bytes of all segments after an event. */
  public long reservedBytes(int event) {
    return reserved[event];
  }

  /** Bytes of a block of the trace, as rounded. */
  public long blockBytes(int block) {
    return blockBytes[block];
  }

  /** Number of events that were reached. */
  public int size() {
    return events;
  }

  /** Most bytes of blocks in use, as rounded. */
  public long peakAllocatedBytes() {
    return peakAllocated;
  }

  /** Most bytes of segments. */
  public long peakReservedBytes() {
    return peakReserved;
  }

  /** The allocation that reaches the peak of blocks in use, -1 if it was so from the beginning. */
  public int peakEvent() {
    return peakEvent;
  }

  /** The event that reaches the peak of segments, -1 if it was so from the beginning. */
  public int peakReservedEvent() {
    return peakReservedEvent;
  }
}
