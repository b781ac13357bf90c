package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * Ends the process without libtorch's static destructors, which take a tenth of a second to free
 * what the process gives back anyway. Java's shutdown hooks run as ever: glibc calls what was
 * registered last first, with the exit code, and that is {@code _exit} itself. Elsewhere than with
 * glibc, or if it refuses, the process ends as usual.
 */
final class QuickEnd {
  private static final FunctionDescriptor ON_EXIT =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);

  private QuickEnd() {}

  static void arrange() {
    CLibrary.find("_exit")
        .ifPresent(exit -> CLibrary.call("on_exit", ON_EXIT, exit, MemorySegment.NULL));
  }
}
