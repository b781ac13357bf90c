package dev.headroom.allocator;

import java.util.Collections;
import java.util.List;

/**
 * What {@code PYTORCH_CUDA_ALLOC_CONF} sets, and the sizes that are fixed ({@code
 * c10/core/AllocatorConfig.h}).
 *
 * @param maxSplitBytes blocks of this size or larger are neither split nor used for smaller
 *     requests; {@link Long#MAX_VALUE} for no limit
 * @param maxNonSplitRoundingBytes how much larger than the request such a block may be
 * @param roundupDivisions rounding of sizes by their power of two, one for each from 1 MiB to 32
 *     GiB; 0 for none
 * @param garbageCollectionThreshold share of the allowed memory above which old cached segments are
 *     given back, 0 for never; like in PyTorch it has an effect only with a memory fraction below 1
 * @param expandableSegments whether segments grow instead of being added
 * @param memoryFraction share of the device's memory that may be reserved ({@code
 *     per_process_memory_fraction})
 */
public record AllocatorSettings(
    long maxSplitBytes,
    long maxNonSplitRoundingBytes,
    List<Integer> roundupDivisions,
    double garbageCollectionThreshold,
    boolean expandableSegments,
    double memoryFraction) {
  /** Every size is rounded up to a multiple of this. */
  public static final long MIN_BLOCK = 512;

  /** Largest request that the small pool serves. */
  public static final long SMALL_SIZE = 1L << 20;

  /** Size of a segment of the small pool. */
  public static final long SMALL_BUFFER = 2L << 20;

  /** Size of a segment that requests below {@link #MIN_LARGE_ALLOC} share. */
  public static final long LARGE_BUFFER = 20L << 20;

  /** From here on a request gets a segment of its own size. */
  public static final long MIN_LARGE_ALLOC = 10L << 20;

  /** Such a segment is rounded up to a multiple of this. */
  public static final long ROUND_LARGE = 2L << 20;

  /** Powers of two that {@code roundup_power2_divisions} tells apart. */
  public static final int INTERVALS = 16;

  /** What PyTorch does when nothing is set. */
  public static final AllocatorSettings DEFAULT =
      new AllocatorSettings(
          Long.MAX_VALUE, LARGE_BUFFER, Collections.nCopies(INTERVALS, 0), 0, false, 1);

  public AllocatorSettings {
    roundupDivisions = List.copyOf(roundupDivisions);
    if (roundupDivisions.size() != INTERVALS) {
      throw new IllegalArgumentException(
          "roundup_power2_divisions has " + roundupDivisions.size() + " intervals, expected 16");
    }
  }

  /**
   * Reads the text of {@code PYTORCH_CUDA_ALLOC_CONF}, such as {@code
   * max_split_size_mb:128,expandable_segments:True}.
   *
   * @throws IllegalArgumentException if a setting is unknown or its value is not allowed
   */
  public static AllocatorSettings parse(String text) {
    return SettingsParser.parse(text);
  }

  /** Whether the memory fraction was set, so that a limit and garbage collection are in force. */
  public boolean hasFraction() {
    return memoryFraction < 1;
  }

  /** Bytes that a request is rounded up to. */
  public long round(long bytes) {
    if (bytes < MIN_BLOCK) {
      return MIN_BLOCK;
    }
    int log = 63 - Long.numberOfLeadingZeros(bytes);
    int divisions = roundupDivisions.get(Math.clamp(log - 20, 0, INTERVALS - 1));
    if (divisions > 1 && bytes > MIN_BLOCK * divisions) {
      long floor = 1L << log;
      long step = floor >> (31 - Integer.numberOfLeadingZeros(divisions));
      return Math.addExact(bytes, step - 1) & -step;
    }
    return Math.addExact(bytes, MIN_BLOCK - 1) & -MIN_BLOCK;
  }

  /** Size of the new segment for a rounded size. */
  public static long segmentBytes(long size) {
    if (size <= SMALL_SIZE) {
      return SMALL_BUFFER;
    }
    return size < MIN_LARGE_ALLOC
        ? LARGE_BUFFER
        : Math.addExact(size, ROUND_LARGE - 1) & -ROUND_LARGE;
  }
}
