package dev.headroom.plan;

/**
 * What the blocks of libtorch's CPU allocator take of a process on Linux, where glibc gives every
 * block of 64 KiB or more a mapping of its own (MALLOC_MMAP_THRESHOLD_=65536, as probes run): whole
 * pages, with room for the alignment to 64 bytes that c10/core/impl/alloc_cpu.cpp asks for. Smaller
 * blocks share a heap.
 */
final class ProcessBytes {
  /** What heaps keep at their top, and a JVM takes while it trains: at most 0.45 MiB was seen. */
  static final long SLACK = 512 << 10;

  private static final long PAGE = 4096;
  private static final long MAPPED = 64 << 10;

  /** posix_memalign asks for the alignment and a smallest chunk more; malloc keeps a header. */
  private static final long AROUND = 64 + 32 + 16;

  private ProcessBytes() {}

  /** Bytes of the process for a block of so many bytes. */
  static long of(long block) {
    long chunk = Math.addExact(block, AROUND);
    return chunk < MAPPED ? chunk : Math.addExact(chunk, PAGE - 1) / PAGE * PAGE;
  }
}
