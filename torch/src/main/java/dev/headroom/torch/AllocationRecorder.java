package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.BitSet;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.MemoryReportingInfoBase;
import org.bytedeco.pytorch.ThreadLocalDebugInfo;
import org.bytedeco.pytorch.global.torch.DebugInfoKind;
import org.jspecify.annotations.Nullable;

/**
 * Writes every allocation and free that libtorch's CPU allocator makes on this thread into a
 * ledger. It is libtorch's own memory profiler hook, {@code c10::MemoryReportingInfoBase}, whose
 * virtual table is built by hand since JavaCPP cannot subclass it. Not seen: other threads, and
 * scratch that oneDNN and OpenBLAS take from the C library directly.
 */
public final class AllocationRecorder implements AutoCloseable {
  private static final long WORD = 8;

  /** The recorder that is pushed on a thread; the native stubs find it here. */
  private static final ThreadLocal<@Nullable AllocationRecorder> CURRENT = new ThreadLocal<>();

  private static @Nullable MemoryReportingInfoBase hook;

  private final LedgerWriter writer;
  private final AddressMap blocks = new AddressMap();
  private final BitSet wrappedNumbers = new BitSet();
  private @Nullable Throwable failure;
  private boolean recording = true;
  private boolean looking = true;

  private AllocationRecorder(LedgerWriter writer) {
    this.writer = writer;
  }

  /**
   * Begins to record on this thread. Blocks that are already alive are not known, so begin before
   * the first parameter is made.
   */
  public static AllocationRecorder start(LedgerWriter writer) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("this thread is being recorded already");
    }
    AllocationRecorder recorder = new AllocationRecorder(writer);
    CURRENT.set(recorder);
    ThreadLocalDebugInfo._push(DebugInfoKind.PROFILER_STATE, hook());
    return recorder;
  }

  /** Ends recording for good; the ledger stays. Later calls do nothing. */
  @Override
  public void close() {
    if (recording) {
      recording = false;
      ThreadLocalDebugInfo._pop(DebugInfoKind.PROFILER_STATE);
      CURRENT.remove();
    }
    if (failure != null) {
      throw new IllegalStateException("recording an allocation failed", failure);
    }
  }

  /** Whether events are still written. */
  boolean isRecording() {
    return recording;
  }

  /** Says what the block at an address is for; unknown addresses are left alone. */
  void tag(long address, Category category) {
    int block = blocks.get(address);
    if (block >= 0) {
      writer.tag(block, category);
    }
  }

  /** Does something whose allocations are not written; blocks made in it are never known. */
  <R> R unseen(Supplier<R> work) {
    boolean before = looking;
    looking = false;
    try {
      return work.get();
    } finally {
      looking = before;
    }
  }

  /** Marks the block of a wrapped number: it is never counted as kept for backward. */
  void wrappedNumber(long address) {
    int block = blocks.get(address);
    if (block >= 0) {
      wrappedNumbers.set(block);
    }
  }

  private void report(long address, long bytes) {
    if (bytes > 0 && !looking) {
      return;
    }
    if (bytes > 0) {
      blocks.put(address, writer.allocate(bytes, Category.TEMPORARY));
      return;
    }
    int block = blocks.remove(address);
    if (block < 0) {
      return;
    }
    // What was made in forward or loss and dies in backward was kept for backward.
    Phase born = writer.born(block).phase();
    if (writer.now().phase() == Phase.BACKWARD
        && (born == Phase.FORWARD || born == Phase.LOSS)
        && writer.category(block) == Category.TEMPORARY
        && !wrappedNumbers.get(block)) {
      writer.tag(block, Category.ACTIVATION);
    }
    writer.free(block);
  }

  // The stubs below run inside libtorch: an exception would end the process, so none may escape.

  @SuppressWarnings("unused") // called through the virtual table
  private static void destroy(long self) {}

  @SuppressWarnings("unused") // called through the virtual table
  private static void reportMemoryUsage(
      long self, long address, long bytes, long total, long reserved, short device) {
    AllocationRecorder recorder = CURRENT.get();
    if (recorder != null) {
      try {
        recorder.report(address, bytes);
      } catch (Throwable e) {
        recorder.failure = e;
      }
    }
  }

  @SuppressWarnings("unused") // called through the virtual table
  private static void reportOutOfMemory(
      long self, long bytes, long total, long reserved, short device) {}

  @SuppressWarnings("unused") // called through the virtual table
  private static boolean memoryProfilingEnabled(long self) {
    return true;
  }

  /** The native object: a virtual table in the Itanium layout, made once and never freed. */
  private static synchronized MemoryReportingInfoBase hook() {
    MemoryReportingInfoBase existing = hook;
    if (existing == null) {
      Arena arena = Arena.global();
      FunctionDescriptor dtor = FunctionDescriptor.ofVoid(JAVA_LONG);
      long destroy = stub("destroy", dtor, arena);
      long[] slots = {
        0, // offset to top
        0, // no run-time type information
        destroy, // complete destructor
        destroy, // deleting destructor
        stub(
            "reportMemoryUsage",
            FunctionDescriptor.ofVoid(
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_SHORT),
            arena),
        stub(
            "reportOutOfMemory",
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_SHORT),
            arena),
        stub("memoryProfilingEnabled", FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG), arena)
      };
      MemorySegment table = arena.allocate(WORD * slots.length, WORD);
      for (int i = 0; i < slots.length; i++) {
        table.setAtIndex(JAVA_LONG, i, slots[i]);
      }
      MemorySegment object = arena.allocate(WORD * WORD, WORD);
      object.set(JAVA_LONG, 0, table.address() + 2 * WORD);
      existing = new MemoryReportingInfoBase(new Raw(object.address()));
      hook = existing;
    }
    return existing;
  }

  @SuppressWarnings("restricted") // libtorch calls back through this stub, which never throws
  private static long stub(String name, FunctionDescriptor descriptor, Arena arena) {
    try {
      return Linker.nativeLinker()
          .upcallStub(
              MethodHandles.lookup()
                  .findStatic(AllocationRecorder.class, name, descriptor.toMethodType()),
              descriptor,
              arena)
          .address();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no stub " + name, e);
    }
  }

  /** A pointer to memory that JavaCPP did not allocate. */
  private static final class Raw extends Pointer {
    Raw(long at) {
      address = at;
    }
  }
}
