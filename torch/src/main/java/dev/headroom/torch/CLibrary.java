package dev.headroom.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;

/** Functions of the C library, found by name: not every platform has each of them. */
final class CLibrary {
  private CLibrary() {}

  /** Address of a function. */
  static Optional<MemorySegment> find(String name) {
    return Linker.nativeLinker().defaultLookup().find(name);
  }

  /**
   * Calls a function that returns an int.
   *
   * @param arguments as the descriptor says: numbers, and memory that the function may use
   * @return what it returned; empty where there is no such function
   */
  @SuppressWarnings("restricted") // the callers name the function's own signature
  static OptionalInt call(String name, FunctionDescriptor descriptor, Object... arguments) {
    Optional<MemorySegment> function = find(name);
    if (function.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      Object returned =
          Linker.nativeLinker()
              .downcallHandle(function.get(), descriptor)
              .invokeWithArguments(arguments);
      return OptionalInt.of((int) returned);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name + " failed: " + e.getMessage(), e);
    }
  }
}
