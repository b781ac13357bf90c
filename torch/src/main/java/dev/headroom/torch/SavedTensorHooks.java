package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.MemCopyFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code torch.autograd.graph.saved_tensors_hooks} for Java: whoever is installed on a thread
 * decides what autograd keeps of each tensor that it saves there.
 *
 * <p>libtorch asks its engine for hooks at every save ({@code torch/csrc/autograd/engine.h}, {@code
 * get_default_saved_variable_hooks}), and Python answers through a subclass. JavaCPP can subclass
 * neither the engine nor {@code SavedVariableHooks}, so both virtual tables are built by hand. Only
 * packing may throw: it goes through a JavaCPP callback, which turns a Java exception into a C++
 * one.
 */
final class SavedTensorHooks {
  /** What becomes of one saved tensor. */
  interface Saved {
    /**
     * Autograd saves a tensor, which is borrowed; gradients are off meanwhile. An exception ends
     * the call that saves.
     */
    void pack(Tensor tensor);

    /**
     * Backward wants the tensor back.
     *
     * @return a handle that becomes autograd's, or null if there is none: the call that wants it
     *     then fails
     */
    @Nullable Tensor unpack();

    /** Autograd lets go of it, or never packed it. */
    void drop();
  }

  private static final long WORD = 8;

  /** Slot of the hook in the engine's table: behind two destructors and three other methods. */
  private static final int DEFAULT_HOOKS = 5;

  /** More slots than the engine's table has in use. */
  private static final int ENGINE_SLOTS = 16;

  /** Native objects made at once. */
  private static final int SLAB = 256;

  /** Who makes hooks on a thread; null leaves a save to autograd. */
  private static final ThreadLocal<@Nullable Supplier<? extends Saved>> CURRENT =
      new ThreadLocal<>();

  private static final Map<Long, Saved> LIVE = new HashMap<>();
  private static final Deque<Long> FREE = new ArrayDeque<>();

  /** Held for ever, since native code holds only a weak reference to it. */
  @SuppressWarnings("unused")
  private static @Nullable Pack packing;

  private static long table;

  private SavedTensorHooks() {}

  /**
   * Installs somebody on this thread who makes hooks for each save from now on; null ends it.
   *
   * @return who was installed before
   */
  static @Nullable Supplier<? extends Saved> install(@Nullable Supplier<? extends Saved> maker) {
    prepare();
    Supplier<? extends Saved> before = CURRENT.get();
    CURRENT.set(maker);
    return before;
  }

  private static synchronized void prepare() {
    if (table != 0) {
      return;
    }
    if (!Loader.getPlatform().equals("linux-x86_64")) {
      // The table's functions return objects as System V on x86-64 does; others do it otherwise.
      throw new EngineUnavailableException(
          "checkpointing runs on Linux x86-64 alone, not on "
              + Loader.getPlatform()
              + ". Leave --checkpoint out to train; plan --checkpoint works everywhere.");
    }
    Pack pack = new Pack();
    packing = pack;
    FunctionDescriptor returnsObject = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG);
    long destroy = stub("destroy", FunctionDescriptor.ofVoid(JAVA_LONG));
    table =
        VirtualTable.of(
            // JavaCPP's callback object begins with the address of its native function.
            VirtualTable.word(pack.address()),
            stub("unpack", returnsObject),
            destroy,
            destroy,
            0); // for compiled autograd, which is not here
    long engine = engine();
    VirtualTable.setWord(
        engine,
        VirtualTable.replacing(
            engine, ENGINE_SLOTS, DEFAULT_HOOKS, stub("defaultHooks", returnsObject)));
  }

  private static long stub(String name, FunctionDescriptor descriptor) {
    return VirtualTable.stub(MethodHandles.lookup(), name, descriptor);
  }

  /** Address of {@code torch::autograd::Engine::get_default_engine()}. */
  @SuppressWarnings("restricted") // takes nothing and returns a reference
  private static long engine() {
    MethodHandle get =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.loaderLookup()
                    .findOrThrow("_ZN5torch8autograd6Engine18get_default_engineEv"),
                FunctionDescriptor.of(JAVA_LONG));
    try {
      return (long) get.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("libtorch's autograd engine cannot be found", e);
    }
  }

  // The stubs below run inside libtorch: an exception would end the process, so none may escape.

  @SuppressWarnings("unused") // called through the engine's virtual table
  private static long defaultHooks(long result, long self) {
    Supplier<? extends Saved> maker = CURRENT.get();
    VirtualTable.setWord(result, maker == null ? 0 : object(maker.get()));
    return result;
  }

  @SuppressWarnings("unused") // called through the virtual table
  private static long unpack(long result, long self) {
    Tensor tensor = find(self).unpack();
    // Uninitialised memory becomes an undefined tensor, then takes over the right one.
    try (Tensor undefined = new Tensor()) {
      VirtualTable.setWord(result, VirtualTable.word(undefined.address()));
    }
    if (tensor != null) {
      new Tensor(VirtualTable.pointer(result)).put(tensor);
      tensor.close();
    }
    return result;
  }

  @SuppressWarnings("unused") // called through the virtual table
  private static void destroy(long self) {
    Saved saved;
    synchronized (LIVE) {
      saved = LIVE.remove(self);
      FREE.push(self);
    }
    if (saved != null) {
      saved.drop();
    }
  }

  /** Through JavaCPP, so that an exception becomes a C++ one. */
  private static final class Pack extends MemCopyFunction {
    @Override
    public void call(Pointer self, Pointer tensor, long unused) {
      find(self.address()).pack(new Tensor(tensor));
    }
  }

  private static Saved find(long object) {
    synchronized (LIVE) {
      return Objects.requireNonNull(LIVE.get(object), "no saved tensor");
    }
  }

  private static long object(Saved saved) {
    synchronized (LIVE) {
      if (FREE.isEmpty()) {
        MemorySegment slab = Arena.global().allocate(WORD * SLAB, WORD);
        for (int i = 0; i < SLAB; i++) {
          slab.setAtIndex(JAVA_LONG, i, table);
          FREE.push(slab.address() + i * WORD);
        }
      }
      long object = FREE.pop();
      LIVE.put(object, saved);
      return object;
    }
  }
}
