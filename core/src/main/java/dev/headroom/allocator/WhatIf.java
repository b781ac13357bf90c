package dev.headroom.allocator;

/**
 * The requests of a recording, answered by an allocator with other settings or on another card. The
 * state before the first event stays as it was recorded. Where the recording shows that the whole
 * cache was given back at once, it is given back here as well, since {@code
 * torch.cuda.empty_cache()} leaves just that trace; segments that the recorded allocator gave back
 * by itself are this allocator's own affair.
 *
 * @param usage bytes after every event that was reached
 * @param failedEvent the request that found no memory, or -1: the training ends there
 * @param reservedAtFailure bytes of segments when it failed, the cache already given back
 * @param retries how often the cache was given back to satisfy a request
 * @param segmentsTaken segments taken from the device after the beginning
 * @param end segments and blocks at the end
 */
public record WhatIf(
    Usage usage,
    int failedEvent,
    long reservedAtFailure,
    long retries,
    long segmentsTaken,
    Snapshot end) {

  /**
   * What is different.
   *
   * @param settings the allocator's
   * @param limitBytes what it may reserve; {@link Long#MAX_VALUE} for no limit
   * @param totalBytes the card's whole memory; {@link Long#MAX_VALUE} if unknown
   * @param emptyCacheBefore the event before which the cache is given back, or -1
   */
  public record Change(
      AllocatorSettings settings, long limitBytes, long totalBytes, int emptyCacheBefore) {}

  /** Whether every request was satisfied. */
  public boolean fits() {
    return failedEvent < 0;
  }

  /** Replays a recording; {@code recorded} is {@link Replay#of} the same. */
  public static WhatIf of(Trace trace, Replay recorded, Change change) {
    CachingAllocator allocator =
        new CachingAllocator(
            change.settings(),
            SegmentSource.descending(),
            change.limitBytes(),
            change.totalBytes());
    Usage usage = new Usage(trace.size(), trace.blockCount());
    int[] handles = new int[trace.blockCount()];
    int[] initial = allocator.restore(trace.initial());
    System.arraycopy(initial, 0, handles, 0, initial.length);
    usage.start(allocator, initial);
    int failed = -1;
    for (int event = 0; event < trace.size() && failed < 0; event++) {
      if (event == change.emptyCacheBefore() || recorded.emptiedBefore(event)) {
        allocator.emptyCache();
      }
      int block = trace.block(event);
      switch (trace.kind(event)) {
        case ALLOC -> {
          int handle = allocator.allocate(trace.bytes(event), trace.stream(event));
          if (handle == Allocator.NONE) {
            failed = event;
          } else {
            handles[block] = handle;
            usage.block(block, allocator.blockBytes(handle));
          }
        }
        case FREE -> allocator.free(handles[block]);
        case SEGMENT_ALLOC, SEGMENT_FREE, OOM -> {}
      }
      if (failed < 0) {
        usage.note(event, allocator);
      }
    }
    return new WhatIf(
        usage,
        failed,
        failed < 0 ? 0 : allocator.reservedBytes(),
        allocator.retries(),
        allocator.segmentsTaken(),
        allocator.snapshot());
  }
}
