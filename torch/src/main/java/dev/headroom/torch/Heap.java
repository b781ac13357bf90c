package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;

/**
 * Lets glibc's malloc keep what a training step frees for the next step. Left alone it returns the
 * end of its heap to the system once twice the largest block freed so far is idle, so every step
 * takes fresh pages and the kernel clears them: a third of a small CNN's time at batch 16, and more
 * or less of it depending on what the process happened to free before.
 */
final class Heap {
  /** {@code malloc.h}: how much may lie idle at the end of the heap. */
  private static final int M_TRIM_THRESHOLD = -1;

  /** {@code malloc.h}: from which size on a block is mapped by itself. */
  private static final int M_MMAP_THRESHOLD = -3;

  /** At most this much stays with the process. */
  private static final int IDLE_BYTES = 1 << 30;

  /** The largest that glibc accepts. */
  private static final int MAPPED_BYTES = 32 << 20;

  private static final FunctionDescriptor MALLOPT =
      FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT);

  private Heap() {}

  /**
   * Sets both thresholds, unless the environment speaks about malloc: then the user has decided, or
   * a probe of the real limit, which needs freed memory to go back at once. Does nothing where
   * there is no mallopt.
   */
  static void keep() {
    boolean decided =
        System.getenv().keySet().stream()
            .anyMatch(name -> name.startsWith("MALLOC_") || name.equals("GLIBC_TUNABLES"));
    if (!decided && CLibrary.call("mallopt", MALLOPT, M_TRIM_THRESHOLD, IDLE_BYTES).isPresent()) {
      CLibrary.call("mallopt", MALLOPT, M_MMAP_THRESHOLD, MAPPED_BYTES);
    }
  }
}
