package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;

/**
 * How threads of OpenMP and OpenBLAS wait for work: asleep, not spinning, which collapses as soon
 * as two of them share a core (ResNet-50 on two threads spent a tenth of its time so). Both read
 * the environment when they are loaded; what the user or the launcher has set stays.
 */
final class Waiting {
  private static final FunctionDescriptor SETENV =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);

  private Waiting() {}

  /**
   * Sets what is not set; before the libraries are loaded. Does nothing where there is no setenv.
   */
  static void asleep() {
    setUnlessSet("OMP_WAIT_POLICY", "passive");
    // 2 to the power of 20 cycles instead of 26, less than a millisecond.
    setUnlessSet("OPENBLAS_THREAD_TIMEOUT", "20");
  }

  private static void setUnlessSet(String name, String value) {
    // Looked at here too: to link a function of C takes longer than many a start can spare.
    if (System.getenv(name) != null) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      CLibrary.call("setenv", SETENV, arena.allocateFrom(name), arena.allocateFrom(value), 0)
          .ifPresent(
              refused -> {
                if (refused != 0) {
                  throw new IllegalStateException("setenv(" + name + ") failed");
                }
              });
    }
  }
}
