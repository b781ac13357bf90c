package dev.headroom.allocator;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A recording against the model: the same requests in the same order, starting from the same state.
 * Where new segments lie is the driver's choice, so their addresses are taken from the recording;
 * when they are asked for, and how large, is the model's.
 *
 * @param allocations requests in the recording
 * @param atRealAddress those that the model answers with the recorded address
 * @param segmentAllocations segments that PyTorch took
 * @param segmentAllocationsMatched those that the model takes at the same moment, equally large
 * @param surplusSegments segments that the model takes and PyTorch did not
 * @param usage bytes after every event
 * @param firstDifference the first event that differs, in words, or null
 * @param atPeak what the model holds when most bytes are in use
 * @param end what the model holds after the last event
 * @param emptied events before which the whole cache was given back
 */
public record Replay(
    int allocations,
    int atRealAddress,
    int segmentAllocations,
    int segmentAllocationsMatched,
    int surplusSegments,
    Usage usage,
    @Nullable String firstDifference,
    Snapshot atPeak,
    Snapshot end,
    Set<Integer> emptied) {
  public Replay {
    emptied = Set.copyOf(emptied);
  }

  /** Whether every address and every segment is the recorded one. */
  public boolean exact() {
    return atRealAddress == allocations
        && segmentAllocationsMatched == segmentAllocations
        && surplusSegments == 0;
  }

  /** Whether the whole cache was given back right before an event. */
  public boolean emptiedBefore(int event) {
    return emptied.contains(event);
  }

  /** Replays a recording with the settings that it was made with. */
  public static Replay of(Trace trace) {
    Replay first = new Recorded(trace, -2).run();
    // Once more, to look at the segments at the peak, which only the first run finds.
    return new Recorded(trace, first.usage().peakEvent()).run();
  }

  /** Segments as the recording has them; made-up ones where the model wants more. */
  private static final class Recorded implements SegmentSource {
    private final Trace trace;
    private final Usage usage;
    private final CachingAllocator allocator;
    private final SegmentSource other = SegmentSource.descending();
    private final ArrayDeque<Integer> pending = new ArrayDeque<>();
    private int matched;
    private int surplus;
    private @Nullable String difference;
    private int event;
    private final int peakEvent;
    private final Set<Integer> emptied = new HashSet<>();

    Recorded(Trace trace, int peakEvent) {
      this.trace = trace;
      this.peakEvent = peakEvent;
      usage = new Usage(trace.size(), trace.blockCount());
      allocator =
          new CachingAllocator(
              AllocatorSettings.parse(trace.allocConf()), this, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    @Override
    public long allocate(long bytes) {
      Integer recorded = pending.peek();
      if (recorded != null && trace.bytes(recorded) == bytes) {
        matched++;
        pending.remove();
        return trace.address(recorded);
      }
      surplus++;
      differs("a new segment of " + bytes + " bytes is asked for, the recording has none");
      return other.allocate(bytes);
    }

    @Override
    public long reserve(long bytes) {
      Integer recorded = pending.peek();
      return recorded != null ? trace.address(recorded) : other.allocate(bytes);
    }

    @Override
    public void mapped(long address, long bytes) {
      Integer recorded = pending.peek();
      if (recorded != null
          && trace.address(recorded) == address
          && trace.bytes(recorded) == bytes) {
        matched++;
        pending.remove();
      } else {
        surplus++;
        differs(bytes + " bytes are mapped, the recording does not do so");
      }
    }

    Replay run() {
      int[] handles = new int[trace.blockCount()];
      int[] initial = allocator.restore(trace.initial());
      System.arraycopy(initial, 0, handles, 0, initial.length);
      usage.start(allocator, initial);
      Snapshot atPeak = allocator.snapshot();
      int freesInRun = 0;
      int freeable = 0;
      int allocations = 0;
      int real = 0;
      int segments = 0;
      for (event = 0; event < trace.size(); event++) {
        if (trace.kind(event) != Trace.Kind.SEGMENT_FREE) {
          if (freesInRun > 0 && freesInRun == freeable) {
            emptied.add(event);
          }
          freesInRun = 0;
        } else if (freesInRun++ == 0) {
          freeable = allocator.freeableSegments();
        }
        switch (trace.kind(event)) {
          case ALLOC -> {
            allocations++;
            int handle = allocator.allocate(trace.bytes(event), trace.stream(event));
            handles[trace.block(event)] = handle;
            pending.clear();
            usage.block(trace.block(event), allocator.blockBytes(handle));
            long address = allocator.address(handle);
            if (address == trace.address(event)) {
              real++;
            } else {
              differs(
                  String.format(
                      "%d bytes land at 0x%x, in the recording at 0x%x",
                      trace.bytes(event), address, trace.address(event)));
            }
          }
          case FREE -> allocator.free(handles[trace.block(event)]);
          case SEGMENT_ALLOC -> {
            segments++;
            pending.add(event);
          }
          case SEGMENT_FREE -> {
            if (!allocator.releaseSegment(trace.address(event))) {
              differs(
                  String.format(
                      "the segment at 0x%x is given back, but is in use here",
                      trace.address(event)));
            }
          }
          case OOM -> {}
        }
        usage.note(event, allocator);
        if (event == peakEvent) {
          atPeak = allocator.snapshot();
        }
      }
      return new Replay(
          allocations,
          real,
          segments,
          matched,
          surplus,
          usage,
          difference,
          atPeak,
          allocator.snapshot(),
          emptied);
    }

    private void differs(String what) {
      if (difference == null) {
        difference = "event " + event + ": " + what;
      }
    }
  }
}
