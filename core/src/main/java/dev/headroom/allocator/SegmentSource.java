package dev.headroom.allocator;

/**
 * Where the driver puts new segments. Addresses matter to the allocator only where two free blocks
 * are equally large: the lower one is taken.
 */
public interface SegmentSource {
  /** Address of a new segment ({@code cudaMalloc}); the allocator has checked that it fits. */
  long allocate(long bytes);

  /** Address of a range that is reserved without memory ({@code cuMemAddressReserve}). */
  default long reserve(long bytes) {
    return allocate(bytes);
  }

  /** Says that memory was mapped into a reserved range. */
  default void mapped(long address, long bytes) {}

  /**
   * Each new segment below the one before it, as CUDA's driver does as long as its address space
   * has no holes. Addresses are those of no real device.
   */
  static SegmentSource descending() {
    return new SegmentSource() {
      private long next = 1L << 47;

      @Override
      public long allocate(long bytes) {
        next -= (bytes + AllocatorSettings.ROUND_LARGE - 1) & -AllocatorSettings.ROUND_LARGE;
        return next;
      }
    };
  }
}
