package dev.headroom.allocator;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an allocator was asked for and what it did, in order, with the state before the first and
 * after the last event. Events are rows of primitive arrays; {@link TraceBuilder} makes them.
 */
public final class Trace {
  /** What happens. */
  public enum Kind {
    /** A request was answered. */
    ALLOC,
    /** A block became free: its work on all streams is over. */
    FREE,
    /** A segment was taken from the device, or memory mapped into an expandable one. */
    SEGMENT_ALLOC,
    /** A segment, or a part of an expandable one, was given back. */
    SEGMENT_FREE,
    /** A request failed. */
    OOM
  }

  /**
   * Who asked for a block, as far as the recording says.
   *
   * @param operator ATen operators from the inside out, or autograd's node; empty if unknown
   * @param module file and function inside the framework that called it; empty if unknown
   * @param line file, line and function of the user's own code; empty if unknown
   */
  public record Holder(String operator, String module, String line) {
    /** Nothing is known. */
    public static final Holder UNKNOWN = new Holder("", "", "");
  }

  final Kind[] kinds;
  final int[] blocks;
  final long[] addresses;
  final long[] bytes;
  final int[] streams;
  final int[] holders;
  final int blockCount;
  final int[] initialHolders;
  private final List<Holder> holderList;
  private final Snapshot initial;
  private final @Nullable Snapshot end;
  private final String allocConf;

  Trace(
      Kind[] kinds,
      int[] blocks,
      long[] addresses,
      long[] bytes,
      int[] streams,
      int[] holders,
      int blockCount,
      int[] initialHolders,
      List<Holder> holderList,
      Snapshot initial,
      @Nullable Snapshot end,
      String allocConf) {
    this.kinds = kinds;
    this.blocks = blocks;
    this.addresses = addresses;
    this.bytes = bytes;
    this.streams = streams;
    this.holders = holders;
    this.blockCount = blockCount;
    this.initialHolders = initialHolders;
    this.holderList = List.copyOf(holderList);
    this.initial = initial;
    this.end = end;
    this.allocConf = allocConf;
  }

  /** Number of events. */
  public int size() {
    return kinds.length;
  }

  /** What an event is. */
  public Kind kind(int event) {
    return kinds[event];
  }

  /**
   * Block that an event allocates or frees, -1 for others. The allocated blocks of {@link
   * #initial()} come first, in its order; then one for every allocation.
   */
  public int block(int event) {
    return blocks[event];
  }

  /** Address that the recording gives. */
  public long address(int event) {
    return addresses[event];
  }

  /** Bytes asked for, or of the segment. */
  public long bytes(int event) {
    return bytes[event];
  }

  /** Stream from 0. */
  public int stream(int event) {
    return streams[event];
  }

  /** Number of blocks: allocated at the beginning or later. */
  public int blockCount() {
    return blockCount;
  }

  /** Who asked for what an event allocates. */
  public Holder holder(int event) {
    return holderList.get(holders[event]);
  }

  /** Who asked for a block that was allocated before the first event. */
  public Holder initialHolder(int block) {
    return holderList.get(initialHolders[block]);
  }

  /** Segments and blocks before the first event. */
  public Snapshot initial() {
    return initial;
  }

  /** Segments and blocks after the last event, or null if not recorded. */
  public @Nullable Snapshot end() {
    return end;
  }

  /** {@code PYTORCH_CUDA_ALLOC_CONF} of the recorded run; empty for PyTorch's defaults. */
  public String allocConf() {
    return allocConf;
  }
}
