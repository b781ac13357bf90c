package dev.headroom.allocator;

import dev.headroom.allocator.Trace.Holder;
import dev.headroom.allocator.Trace.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the events of a recording and settles which block each of them means. */
public final class TraceBuilder {
  private Kind[] kinds = new Kind[1024];
  private int[] blocks = new int[1024];
  private long[] addresses = new long[1024];
  private long[] bytes = new long[1024];
  private int[] streams = new int[1024];
  private int[] holders = new int[1024];
  private int size;
  private final Map<Holder, Integer> holderNumbers = new LinkedHashMap<>();
  private final Map<Long, Holder> holdersAtEnd = new HashMap<>();
  private String allocConf = "";

  public TraceBuilder() {
    number(Holder.UNKNOWN);
  }

  /** Adds an event. */
  public void add(Kind kind, long address, long size, int stream, Holder holder) {
    if (size <= 0) {
      throw new IllegalArgumentException(
          "event " + this.size + " (" + kind + ") has " + size + " bytes, expected at least 1");
    }
    if (this.size == kinds.length) {
      int n = 2 * this.size;
      kinds = Arrays.copyOf(kinds, n);
      blocks = Arrays.copyOf(blocks, n);
      addresses = Arrays.copyOf(addresses, n);
      bytes = Arrays.copyOf(bytes, n);
      streams = Arrays.copyOf(streams, n);
      holders = Arrays.copyOf(holders, n);
    }
    int i = this.size++;
    kinds[i] = kind;
    addresses[i] = address;
    bytes[i] = size;
    streams[i] = stream;
    holders[i] = number(holder);
  }

  /** Says who holds a block that is allocated at the end. */
  public void heldAtEnd(long address, Holder holder) {
    holdersAtEnd.put(address, holder);
  }

  /** Says what {@code PYTORCH_CUDA_ALLOC_CONF} was. */
  public void allocConf(String text) {
    allocConf = text;
  }

  /** Number of events so far. */
  public int size() {
    return size;
  }

  /**
   * The trace, when the state after the last event is all that is known: the one before the first
   * is found by going backwards.
   *
   * @throws IllegalArgumentException if events and state contradict each other
   */
  public Trace buildFromEnd(Snapshot end) {
    Rewind rewind = new Rewind(end);
    for (int i = size - 1; i >= 0; i--) {
      try {
        switch (kinds[i]) {
          case ALLOC -> rewind.undoAlloc(addresses[i]);
          case FREE -> rewind.undoFree(addresses[i], bytes[i]);
          case SEGMENT_ALLOC -> rewind.undoSegmentAlloc(addresses[i], bytes[i]);
          case SEGMENT_FREE -> rewind.undoSegmentFree(addresses[i], bytes[i], streams[i]);
          case OOM -> {}
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "event " + i + " of " + size + " does not fit the final state: " + e.getMessage(), e);
      }
    }
    return build(rewind.snapshot(), end);
  }

  /**
   * The trace, with the state before the first event.
   *
   * @throws IllegalArgumentException if something is freed that was never allocated
   */
  public Trace build(Snapshot initial, @Nullable Snapshot end) {
    Map<Long, Integer> at = new HashMap<>();
    List<Holder> initialHolders = new ArrayList<>();
    for (Snapshot.Segment segment : initial.segments()) {
      long address = segment.address();
      for (Snapshot.Block block : segment.blocks()) {
        if (block.allocated()) {
          at.put(address, at.size());
          initialHolders.add(Holder.UNKNOWN);
        }
        address += block.bytes();
      }
    }
    int count = at.size();
    Map<Long, Integer> untouched = new HashMap<>(at);
    for (int i = 0; i < size; i++) {
      blocks[i] = Allocator.NONE;
      if (kinds[i] == Kind.ALLOC) {
        blocks[i] = count++;
        if (at.put(addresses[i], blocks[i]) != null) {
          throw new IllegalArgumentException(
              String.format("event %d allocates 0x%x, which is in use", i, addresses[i]));
        }
      } else if (kinds[i] == Kind.FREE) {
        Integer block = at.remove(addresses[i]);
        untouched.remove(addresses[i], block);
        if (block == null) {
          throw new IllegalArgumentException(
              String.format("event %d frees 0x%x, which is not in use", i, addresses[i]));
        }
        blocks[i] = block;
      }
    }
    untouched.forEach(
        (address, block) ->
            initialHolders.set(block, holdersAtEnd.getOrDefault(address, Holder.UNKNOWN)));
    return new Trace(
        Arrays.copyOf(kinds, size),
        Arrays.copyOf(blocks, size),
        Arrays.copyOf(addresses, size),
        Arrays.copyOf(bytes, size),
        Arrays.copyOf(streams, size),
        Arrays.copyOf(holders, size),
        count,
        initialHolders.stream().mapToInt(this::number).toArray(),
        List.copyOf(holderNumbers.keySet()),
        initial,
        end,
        allocConf);
  }

  private int number(Holder holder) {
    Integer known = holderNumbers.putIfAbsent(holder, holderNumbers.size());
    return known == null ? holderNumbers.size() - 1 : known;
  }
}
