package dev.headroom.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/** How many threads one operator may use. */
final class Threads {
  /** What OpenBLAS itself reads when it is loaded. */
  private static final String VARIABLE = "OPENBLAS_NUM_THREADS";

  private static String openBlas = String.valueOf(System.getenv(VARIABLE));

  private Threads() {}

  /**
   * Sets libtorch's threads and OpenBLAS's. OpenBLAS has a pool of its own, which {@code
   * torch.set_num_threads} does not reach: its threads spin while they wait for each other, so that
   * training becomes up to a hundred times slower as soon as another process wants a core.
   */
  static synchronized void set(int threads) {
    torch.set_num_threads(threads);
    if (openBlas.equals(Integer.toString(threads))) {
      // To link a function of C takes as long as forty steps of a small network.
      return;
    }
    Optional<MemorySegment> function = SymbolLookup.loaderLookup().find("openblas_set_num_threads");
    if (function.isPresent()) {
      call(function.get(), threads);
      openBlas = Integer.toString(threads);
    }
  }

  @SuppressWarnings("restricted") // a function of one int that returns nothing
  private static void call(MemorySegment function, int threads) {
    try {
      Linker.nativeLinker()
          .downcallHandle(function, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
          .invokeExact(threads);
    } catch (Throwable e) {
      throw new IllegalStateException("openblas_set_num_threads failed", e);
    }
  }
}
