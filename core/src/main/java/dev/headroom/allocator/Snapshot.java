package dev.headroom.allocator;

import java.util.List;

/**
 * Segments and blocks at one moment, as {@code torch.cuda.memory._snapshot()} gives them.
 *
 * @param segments by address
 */
public record Snapshot(List<Segment> segments) {
  /** No segments. */
  public static final Snapshot EMPTY = new Snapshot(List.of());

  /**
   * A stretch of device memory that was taken at once, or (expandable) grew together.
   *
   * @param address where it begins
   * @param bytes its size
   * @param small whether it belongs to the small pool
   * @param stream from 0
   * @param expandable whether it can grow
   * @param blocks from its beginning to its end, without gaps
   */
  public record Segment(
      long address, long bytes, boolean small, int stream, boolean expandable, List<Block> blocks) {
    public Segment {
      blocks = List.copyOf(blocks);
      long sum = 0;
      for (Block block : blocks) {
        sum = Math.addExact(sum, block.bytes());
      }
      if (sum != bytes) {
        throw new IllegalArgumentException(
            String.format(
                "the segment at 0x%x has %,d bytes, its blocks have %,d", address, bytes, sum));
      }
    }
  }

  /**
   * A part of a segment.
   *
   * @param bytes its size
   * @param requestedBytes what was asked for, 0 if it is free
   */
  public record Block(long bytes, long requestedBytes) {
    public Block {
      if (bytes <= 0 || requestedBytes < 0 || requestedBytes > bytes) {
        throw new IllegalArgumentException(
            "a block of " + bytes + " bytes cannot hold a request for " + requestedBytes);
      }
    }

    /** Whether somebody holds it. */
    public boolean allocated() {
      return requestedBytes > 0;
    }
  }

  public Snapshot {
    segments = List.copyOf(segments);
  }

  /** Bytes of all segments. */
  public long reservedBytes() {
    return segments.stream().mapToLong(Segment::bytes).sum();
  }

  /** Bytes of all allocated blocks. */
  public long allocatedBytes() {
    return sum(Block::bytes);
  }

  /** Bytes of all requests. */
  public long liveBytes() {
    return sum(Block::requestedBytes);
  }

  private long sum(java.util.function.ToLongFunction<Block> bytes) {
    return segments.stream()
        .flatMap(s -> s.blocks().stream())
        .filter(Block::allocated)
        .mapToLong(bytes)
        .sum();
  }

  /** Free bytes in segments that are partly in use, so that they cannot be given back. */
  public long fragmentedBytes() {
    return segments.stream()
        .filter(s -> s.blocks().size() > 1)
        .flatMap(s -> s.blocks().stream())
        .filter(b -> !b.allocated())
        .mapToLong(Block::bytes)
        .sum();
  }

  /** The largest block that is free, in bytes; 0 if there is none. */
  public long largestFreeBytes() {
    return segments.stream()
        .flatMap(s -> s.blocks().stream())
        .filter(b -> !b.allocated())
        .mapToLong(Block::bytes)
        .max()
        .orElse(0);
  }
}
