package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import org.bytedeco.javacpp.Pointer;

/**
 * Virtual tables of C++ classes that JavaCPP cannot subclass, built by hand in the Itanium layout:
 * the offset to the object's top, its run-time type, then one address for each virtual method, the
 * destructor twice. Tables and stubs are never freed.
 */
final class VirtualTable {
  private static final long WORD = 8;

  /** Words that lie before the address that an object holds. */
  private static final int HEADER = 2;

  private VirtualTable() {}

  /** Address of a new table, as an object holds it. */
  static long of(long... slots) {
    return write(new long[HEADER], slots);
  }

  /**
   * A copy of the table of an object with one method replaced.
   *
   * @param slots how many methods to copy; more than there are do no harm
   */
  static long replacing(long object, int slots, int slot, long method) {
    long[] header = words(word(object) - HEADER * WORD, HEADER);
    long[] methods = words(word(object), slots);
    methods[slot] = method;
    return write(header, methods);
  }

  private static long write(long[] header, long[] slots) {
    MemorySegment table = Arena.global().allocate(WORD * (HEADER + slots.length), WORD);
    for (int i = 0; i < HEADER; i++) {
      table.setAtIndex(JAVA_LONG, i, header[i]);
    }
    for (int i = 0; i < slots.length; i++) {
      table.setAtIndex(JAVA_LONG, HEADER + i, slots[i]);
    }
    return table.address() + HEADER * WORD;
  }

  private static long[] words(long address, int count) {
    long[] words = new long[count];
    for (int i = 0; i < count; i++) {
      words[i] = word(address + i * WORD);
    }
    return words;
  }

  /** The word at an address. */
  static long word(long address) {
    return at(address).get(JAVA_LONG, 0);
  }

  /** Sets the word at an address. */
  static void setWord(long address, long value) {
    at(address).set(JAVA_LONG, 0, value);
  }

  @SuppressWarnings("restricted") // words of objects whose layout the callers name
  private static MemorySegment at(long address) {
    return MemorySegment.ofAddress(address).reinterpret(WORD);
  }

  /**
   * Address of a function that calls a static method. The method must not throw: that would end the
   * process.
   *
   * @param lookup of the class that has the method
   */
  @SuppressWarnings("restricted") // libtorch calls back through this stub, which never throws
  static long stub(MethodHandles.Lookup lookup, String name, FunctionDescriptor descriptor) {
    try {
      return Linker.nativeLinker()
          .upcallStub(
              lookup.findStatic(lookup.lookupClass(), name, descriptor.toMethodType()),
              descriptor,
              Arena.global())
          .address();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no stub " + name, e);
    }
  }

  /** A pointer to memory that JavaCPP did not allocate. */
  static Pointer pointer(long address) {
    return new Raw(address);
  }

  private static final class Raw extends Pointer {
    Raw(long at) {
      address = at;
    }
  }
}
