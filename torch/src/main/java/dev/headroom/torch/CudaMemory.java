package dev.headroom.torch;

import org.bytedeco.pytorch.SizeTPair;
import org.bytedeco.pytorch.Stat;
import org.bytedeco.pytorch.cuda.CUDAAllocator;
import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * What {@code torch.cuda} says of the caching allocator of the first GPU that this process sees,
 * and the limit on it ({@code c10/cuda/CUDACachingAllocator.h}). Reserved bytes are those of
 * segments, allocated ones those of blocks, as rounded; neither has the CUDA context in it.
 */
public final class CudaMemory {
  private static final byte DEVICE = 0;

  private CudaMemory() {}

  /** The card's memory as the driver counts it, in bytes ({@code torch.cuda.mem_get_info}). */
  public static long totalBytes() {
    try (SizeTPair freeAndTotal = allocator().getMemoryInfo(DEVICE)) {
      return freeAndTotal.second();
    }
  }

  /**
   * Limits what the allocator may reserve: a request beyond it fails as on a card that has no more
   * ({@code torch.cuda.set_per_process_memory_fraction}).
   */
  public static void limit(long bytes) {
    // The next number above: multiplied and rounded down again, it must not fall short of the
    // bytes.
    double share = Math.clamp(Math.nextUp((double) bytes / totalBytes()), 0, 1);
    allocator().setMemoryFraction(share, DEVICE);
  }

  /** Lets it reserve all there is, which is where a process begins. */
  public static void unlimit() {
    allocator().setMemoryFraction(1, DEVICE);
  }

  /**
   * Gives back every segment that nothing lies in ({@code torch.cuda.empty_cache}), and begins new
   * peaks with what is left ({@code torch.cuda.reset_peak_memory_stats}).
   */
  public static void startAnew() {
    torch_cuda.device_synchronize();
    allocator().emptyCache();
    allocator().resetPeakStats(DEVICE);
  }

  /** Most bytes of blocks at once ({@code torch.cuda.max_memory_allocated}). */
  public static long peakAllocatedBytes() {
    try (DeviceStats stats = allocator().getDeviceStats(DEVICE);
        Stat all = stats.allocated_bytes()) {
      return all.peak();
    }
  }

  /** Most bytes of segments at once ({@code torch.cuda.max_memory_reserved}). */
  public static long peakReservedBytes() {
    try (DeviceStats stats = allocator().getDeviceStats(DEVICE);
        Stat all = stats.reserved_bytes()) {
      return all.peak();
    }
  }

  /** Waits until the GPU has done all it was given; a failure of a kernel comes out here. */
  public static void synchronize() {
    try {
      torch_cuda.device_synchronize();
    } catch (RuntimeException e) {
      String message = "the GPU: " + TorchException.reason(e);
      throw TorchOutOfMemoryException.is(e)
          ? new TorchOutOfMemoryException(message, e)
          : new TorchException(message, e);
    }
  }

  private static CUDAAllocator allocator() {
    return torch_cuda.getAllocator();
  }
}
