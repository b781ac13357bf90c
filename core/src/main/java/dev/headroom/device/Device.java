package dev.headroom.device;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.allocator.CachingAllocator;
import dev.headroom.allocator.SegmentSource;
import dev.headroom.engine.Backend;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A GPU as far as memory is concerned. What was not measured is assumed, and {@link #assumptions}
 * says so.
 *
 * @param name short, as {@code --device} takes it
 * @param title as people call the card
 * @param memoryBytes the card's memory, as {@code nvidia-smi} shows it in total: since driver 510
 *     all that is built in ({@code nvmlMemory_v2_t}), with what the driver reserves
 * @param driverBytes how much of it the driver and firmware reserve, so that CUDA's {@code
 *     totalGlobalMem}, PyTorch's {@code total_memory}, is so much less; null where that is not
 *     known: it differs by card and by driver
 * @param computeCapability 80 for 8.0
 * @param contextBytes what the card shows beyond the allocator's segments: CUDA context, loaded
 *     kernels, libraries' own memory
 * @param contextMeasured whether that was measured on such a card
 * @param cublasWorkspaceBytes per handle and thread; null: PyTorch's choice by compute capability
 * @param cublasLtWorkspaceBytes scratch of a linear layer with bias that is separate from cuBLAS's
 *     and dies at once; 0 where both share one workspace (PyTorch's default since 2.7); null: 0
 * @param reading what one step of the card's own reading is: figures of used memory are rounded up
 *     to it
 * @param sources where the figures come from
 */
public record Device(
    String name,
    String title,
    long memoryBytes,
    @Nullable Long driverBytes,
    int computeCapability,
    long contextBytes,
    boolean contextMeasured,
    @Nullable Long cublasWorkspaceBytes,
    @Nullable Long cublasLtWorkspaceBytes,
    long reading,
    List<String> sources) {
  private static final long MIB = 1L << 20;

  /** {@code getChosenWorkspaceSize} of 2.10: {@code :4096:2:16:8}. */
  private static final long WORKSPACE = (4096 * 2 + 16 * 8) * 1024L;

  /** The same for Hopper and Blackwell (compute capability 9, 10, 12): {@code :4096:8}. */
  private static final long LARGE_WORKSPACE = 4096 * 8 * 1024L;

  /**
   * What drivers keep at most where it is not known. Totals in PyTorch's messages on Linux, less
   * than nvidia-smi's by: 205 MiB of 8 GiB (Quadro RTX 4000), 245 to 441 of 11 (RTX 2080 Ti), 250
   * of 15 (T4), 308 of 24 (RTX 3090), 316 to 357 (RTX 4090), 510 of 22.5 (A10), 258 of 32 (V100),
   * 666 to 870 of 80 (A100).
   */
  private static final long DRIVER_BYTES = 384 * MIB;

  private static final double DRIVER_SHARE = 0.0075;

  public Device {
    sources = List.copyOf(sources);
    if (memoryBytes < 1 || contextBytes < 0 || contextBytes >= memoryBytes) {
      throw new IllegalArgumentException(
          name
              + ": memoryBytes is "
              + memoryBytes
              + " and contextBytes "
              + contextBytes
              + ", expected a context smaller than the memory");
    }
    if (driverBytes != null && (driverBytes < 0 || driverBytes >= memoryBytes - contextBytes)) {
      throw new IllegalArgumentException(
          name
              + ": driverBytes is "
              + driverBytes
              + ", expected what memory and context leave room for");
    }
    if (computeCapability < 30 || computeCapability > 200) {
      throw new IllegalArgumentException(
          name + ": computeCapability is " + computeCapability + ", expected 80 for 8.0");
    }
    if (reading < 1) {
      throw new IllegalArgumentException(name + ": reading is " + reading + ", expected bytes");
    }
  }

  /** Bytes of cuBLAS's workspace for one handle on one thread. */
  public long cublasWorkspace() {
    if (cublasWorkspaceBytes != null) {
      return cublasWorkspaceBytes;
    }
    int major = computeCapability / 10;
    return major == 9 || major == 10 || major == 12 ? LARGE_WORKSPACE : WORKSPACE;
  }

  /** Bytes of cuBLASLt's own scratch, 0 if it shares cuBLAS's workspace. */
  public long cublasLtWorkspace() {
    return cublasLtWorkspaceBytes == null ? 0 : cublasLtWorkspaceBytes;
  }

  /** The backend that kernels run on. */
  public Backend backend() {
    return Backend.cuda(computeCapability, cublasWorkspace(), cublasLtWorkspace());
  }

  /** The least that the card may show beyond the allocator's segments. */
  public long contextLeastBytes() {
    return contextMeasured ? contextBytes : contextBytes / 4 * 3;
  }

  /**
   * The most that the card may show beyond the allocator's segments: where it was not measured,
   * twice the usual, for cuDNN's and cuBLAS's kernels are loaded as they are needed.
   */
  public long contextMostBytes() {
    return contextMeasured ? contextBytes : Math.min(2 * contextBytes, memoryBytes - 1);
  }

  /** The least that the driver keeps to itself of the card's memory; on Windows it may be none. */
  public long driverLeastBytes() {
    return driverBytes == null ? 0 : driverBytes;
  }

  /** The most that the driver keeps to itself of the card's memory. */
  public long driverMostBytes() {
    long most = DRIVER_BYTES + (long) (DRIVER_SHARE * memoryBytes);
    // No driver keeps more than a small card has.
    return driverBytes == null ? Math.min(most, memoryBytes / 8) : driverBytes;
  }

  /** What programs may use at most, as PyTorch's {@code total_memory}. */
  public long totalMemoryBytes() {
    return memoryBytes - driverLeastBytes();
  }

  /** What the allocator may reserve when nothing else runs on the card, at most. */
  public long reservableBytes() {
    return totalMemoryBytes() - contextBytes;
  }

  /** What the card shows as used when the allocator has reserved this much. */
  public long usedBytes(long reservedBytes) {
    return usedBytes(reservedBytes, contextBytes);
  }

  /** The same with a context of so many bytes. */
  public long usedBytes(long reservedBytes, long context) {
    return Math.ceilDiv(Math.addExact(reservedBytes, context), reading) * reading;
  }

  /** A fresh allocator on this card. */
  public CachingAllocator allocator(AllocatorSettings settings) {
    return new CachingAllocator(
        settings, SegmentSource.descending(), reservableBytes(), totalMemoryBytes());
  }

  /** What is taken for granted without having been measured, in words. */
  public List<String> assumptions() {
    List<String> out = new ArrayList<>();
    if (!contextMeasured) {
      out.add(
          contextBytes / MIB
              + " MiB for the CUDA context and loaded kernels: usual for such a card, not measured"
              + " on yours");
    }
    if (cublasWorkspaceBytes == null) {
      out.add(
          cublasWorkspace()
              + " B per cuBLAS workspace: PyTorch's default for compute capability "
              + computeCapability / 10
              + "."
              + computeCapability % 10);
    }
    out.add("nothing else runs on the card");
    return out;
  }
}
