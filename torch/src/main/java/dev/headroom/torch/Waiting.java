package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How threads of OpenMP and OpenBLAS wait for work: asleep, not spinning, which collapses as soon
 * as two of them share a core (ResNet-50 on two threads spent a tenth of its time so). Both read
 * the environment when they are loaded; what the user or the launcher has set stays.
 */
final class Waiting {
  private static final Map<String, String> ASLEEP =
      new LinkedHashMap<>(
          Map.of(
              "OMP_WAIT_POLICY",
              "passive",
              // 2 to the power of 20 cycles instead of 26, less than a millisecond.
              "OPENBLAS_THREAD_TIMEOUT",
              "20"));

  private Waiting() {}

  /**
   * Sets what is not set; before the libraries are loaded. Does nothing where there is no setenv.
   */
  static void asleep() {
    ASLEEP.forEach(
        (name, value) -> {
          if (System.getenv(name) == null) {
            set(name, value);
          }
        });
  }

  @SuppressWarnings("restricted") // a function of the C library that copies two strings
  private static void set(String name, String value) {
    Optional<MemorySegment> setenv = Linker.nativeLinker().defaultLookup().find("setenv");
    if (setenv.isEmpty()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      int refused =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(
                      setenv.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                  .invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
      if (refused != 0) {
        throw new IllegalStateException("setenv(" + name + ") failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("setenv(" + name + "): " + e.getMessage(), e);
    }
  }
}
