package dev.headroom.allocator;

/** Bytes after every event, and where they were highest. */
public final class Usage {
  private final long[] allocated;
  private final long[] reserved;
  private int peakEvent = -1;
  private long peakAllocated;
  private long peakReserved;

  Usage(int events) {
    allocated = new long[events];
    reserved = new long[events];
  }

  void start(Allocator allocator) {
    peakAllocated = allocator.allocatedBytes();
    peakReserved = allocator.reservedBytes();
  }

  void note(int event, Allocator allocator) {
    long now = allocator.allocatedBytes();
    allocated[event] = now;
    reserved[event] = allocator.reservedBytes();
    if (now > peakAllocated) {
      peakAllocated = now;
      peakEvent = event;
    }
    peakReserved = Math.max(peakReserved, reserved[event]);
  }

  /** Bytes of all blocks in use after an event, as rounded. */
  public long allocatedBytes(int event) {
    return allocated[event];
  }

  /** Bytes of all segments after an event. */
  public long reservedBytes(int event) {
    return reserved[event];
  }

  /** Number of events. */
  public int size() {
    return allocated.length;
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
}
