package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/**
 * Ends the process without libtorch's static destructors, which take a tenth of a second to free
 * what the process gives back anyway. Java's shutdown hooks run as ever: glibc calls what was
 * registered last first, with the exit code, and that is {@code _exit} itself. Elsewhere than with
 * glibc nothing changes.
 */
final class QuickEnd {
  private QuickEnd() {}

  @SuppressWarnings("restricted") // two functions of the C library
  static void arrange() {
    SymbolLookup library = Linker.nativeLinker().defaultLookup();
    Optional<MemorySegment> onExit = library.find("on_exit");
    Optional<MemorySegment> exit = library.find("_exit");
    if (onExit.isEmpty() || exit.isEmpty()) {
      return;
    }
    try {
      int refused =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(onExit.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS))
                  .invokeExact(exit.get(), MemorySegment.NULL);
      assert refused == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("on_exit failed", e);
    }
  }
}
