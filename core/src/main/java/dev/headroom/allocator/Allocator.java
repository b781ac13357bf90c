package dev.headroom.allocator;

/**
 * Hands out blocks of device memory. Four figures, each at most the next: live (as asked for),
 * allocated (as rounded), reserved (segments taken from the device), and what the device shows.
 *
 * <p>Not thread-safe. Handles are small numbers that are used again once freed.
 */
public sealed interface Allocator permits RawAllocator, CachingAllocator {
  /** What {@link #allocate} returns when the device has no memory left. */
  int NONE = -1;

  /**
   * Takes a block.
   *
   * @param bytes what is asked for, at least 1
   * @param stream the stream that uses it, from 0
   * @return a handle, or {@link #NONE} when out of memory; nothing has changed then, except that
   *     cached segments may have been given back to the device
   */
  int allocate(long bytes, int stream);

  /** Gives a block back; its work on other streams is over. */
  void free(int block);

  /** Gives unused segments back to the device, as {@code torch.cuda.empty_cache()}. */
  void emptyCache();

  /** Bytes of all blocks as they were asked for. */
  long liveBytes();

  /** Bytes of all blocks as they were rounded and perhaps not split. */
  long allocatedBytes();

  /** Bytes taken from the device. */
  long reservedBytes();
}
