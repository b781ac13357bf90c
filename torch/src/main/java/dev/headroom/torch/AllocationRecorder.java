package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandles;
import java.util.BitSet;
import java.util.function.Supplier;
import org.bytedeco.pytorch.MemoryReportingInfoBase;
import org.bytedeco.pytorch.ThreadLocalDebugInfo;
import org.bytedeco.pytorch.global.torch.DebugInfoKind;
import org.jspecify.annotations.Nullable;

/**
 * Writes every allocation and free that libtorch's CPU allocator makes on this thread into a
 * ledger. It is libtorch's own memory profiler hook, {@code c10::MemoryReportingInfoBase}, whose
 * virtual table is built by hand since JavaCPP cannot subclass it, in the layout of the Itanium C++
 * ABI: tried on Linux x86-64, refused on Windows, not tried elsewhere. Not seen: other threads, and
 * scratch that oneDNN and OpenBLAS take from the C library directly.
 */
public final class AllocationRecorder implements AutoCloseable {
  private static final long WORD = 8;

  /** The recorder that is pushed on a thread; the native stubs find it here. */
  private static final ThreadLocal<@Nullable AllocationRecorder> CURRENT = new ThreadLocal<>();

  private static @Nullable MemoryReportingInfoBase hook;

  private final LedgerWriter writer;
  private final AddressMap blocks = new AddressMap();
  private final BitSet neverKept = new BitSet();
  private @Nullable Throwable failure;
  private boolean recording = true;
  private boolean looking = true;

  private AllocationRecorder(LedgerWriter writer) {
    this.writer = writer;
  }

  /**
   * Begins to record on this thread. Blocks that are already alive are not known, so begin before
   * the first parameter is made.
   *
   * @throws EngineUnavailableException where C++ objects are laid out in another way
   */
  public static AllocationRecorder start(LedgerWriter writer) {
    requireLayout(Natives.status());
    if (CURRENT.get() != null) {
      throw new IllegalStateException("this thread is being recorded already");
    }
    AllocationRecorder recorder = new AllocationRecorder(writer);
    CURRENT.set(recorder);
    ThreadLocalDebugInfo._push(DebugInfoKind.PROFILER_STATE, hook());
    return recorder;
  }

  /** Refuses a platform on which the virtual table would be wrong, which would end the process. */
  static void requireLayout(Natives.Status status) {
    if (!status.isItanium()) {
      throw new EngineUnavailableException(
          "training does not run on "
              + status.platform()
              + ": libtorch's allocations are read through a table in the layout of the Itanium C++"
              + " ABI, which Windows does not have. Use Linux x86-64 (WSL 2 is one); plans work"
              + " everywhere.");
    }
  }

  /** One that never records. */
  static AllocationRecorder none(LedgerWriter writer) {
    AllocationRecorder recorder = new AllocationRecorder(writer);
    recorder.recording = false;
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

  /**
   * Says that a block never counts as kept for backward: of a wrapped number, which saved-tensor
   * hooks pass over, or of the generator's state.
   */
  void neverKept(long address) {
    int block = blocks.get(address);
    if (block >= 0) {
      neverKept.set(block);
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
    Phase born = writer.born(block);
    if (writer.phase() == Phase.BACKWARD && (born == Phase.FORWARD || born == Phase.LOSS)) {
      kept(block);
    }
    writer.free(block);
  }

  /** Says that the block at an address was kept for backward, unless it is for something else. */
  void keptAt(long address) {
    int block = blocks.get(address);
    if (block >= 0) {
      kept(block);
    }
  }

  private void kept(int block) {
    if (writer.category(block) == Category.TEMPORARY && !neverKept.get(block)) {
      writer.tag(block, Category.ACTIVATION);
    }
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

  /** The native object, made once and never freed. */
  private static synchronized MemoryReportingInfoBase hook() {
    MemoryReportingInfoBase existing = hook;
    if (existing == null) {
      long destroy = stub("destroy", FunctionDescriptor.ofVoid(JAVA_LONG));
      long table =
          VirtualTable.of(
              destroy,
              destroy,
              stub(
                  "reportMemoryUsage",
                  FunctionDescriptor.ofVoid(
                      JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_SHORT)),
              stub(
                  "reportOutOfMemory",
                  FunctionDescriptor.ofVoid(
                      JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_SHORT)),
              stub("memoryProfilingEnabled", FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG)));
      long object = Arena.global().allocate(WORD * WORD, WORD).address();
      VirtualTable.setWord(object, table);
      existing = new MemoryReportingInfoBase(VirtualTable.pointer(object));
      hook = existing;
    }
    return existing;
  }

  private static long stub(String name, FunctionDescriptor descriptor) {
    return VirtualTable.stub(MethodHandles.lookup(), name, descriptor);
  }
}
