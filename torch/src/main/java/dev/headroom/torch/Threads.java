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
  private Threads() {}

  /**
   * Sets libtorch's threads and OpenBLAS's. OpenBLAS has a pool of its own, which {@code
   * torch.set_num_threads} does not reach: its threads spin while they wait for each other, so that
   * training becomes up to a hundred times slower as soon as another process wants a core.
   */
  static void set(int threads) {
    torch.set_num_threads(threads);
    Optional<MemorySegment> function = SymbolLookup.loaderLookup().find("openblas_set_num_threads");
    if (function.isPresent()) {
      call(function.get(), threads);
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
