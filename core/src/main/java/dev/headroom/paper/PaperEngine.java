package dev.headroom.paper;

import dev.headroom.engine.Backend;
import dev.headroom.engine.Checkpointing;
import dev.headroom.engine.Engine;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.op.Operators;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs ATen calls without values: shapes are inferred, references counted, and each allocation and
 * free of a storage written to a ledger, in the order in which PyTorch makes them.
 */
public final class PaperEngine implements Engine<PaperTensor>, Checkpointing<PaperTensor> {
  private final LedgerWriter ledger;
  private final Backend backend;
  private boolean gradEnabled = true;
  private boolean muted;
  private boolean onHost;
  private boolean inBackward;
  private boolean autocastSuspended;

  /** What cuBLAS keeps for ever: of the main thread, and of autograd's. */
  private final @Nullable PaperTensor[] blasWorkspaces = new PaperTensor[2];

  private long sequence;
  private @Nullable Node node;
  private @Nullable Autocast autocast;
  private @Nullable Recomputation packing;
  private @Nullable Recomputation recomputing;
  private final FlopCounter flops = new FlopCounter();
  private String op = "";
  final AutogradGraph autograd = new AutogradGraph();
  private final Map<String, String> bounds = new LinkedHashMap<>();

  /** On the CPU with PyTorch's defaults. */
  public PaperEngine(LedgerWriter ledger) {
    this(ledger, Backend.cpu());
  }

  public PaperEngine(LedgerWriter ledger, Backend backend) {
    this.ledger = ledger;
    this.backend = backend;
  }

  /** What would execute the calls. */
  public Backend backend() {
    return backend;
  }

  @Override
  public List<PaperTensor> call(String name, @Nullable Object... args) {
    op = name;
    ledger.at(node, name);
    Autocast casts = autocast;
    if (casts == null || autocastSuspended) {
      return Operators.rule(name).call(this, new Args(name, args));
    }
    return casts.call(this, name, args);
  }

  @Override
  public void release(PaperTensor tensor) {
    if (--tensor.refs > 0) {
      return;
    }
    if (tensor.refs < 0) {
      throw new IllegalStateException("a handle to " + tensor + " was released twice");
    }
    GradNode fn = tensor.gradFn;
    if (fn != null) {
      tensor.gradFn = null;
      release(fn);
    }
    clearGrad(tensor);
    Storage storage = tensor.storage;
    if (--storage.refs == 0 && storage.block >= 0) {
      ledger.free(storage.block);
    }
    PaperTensor base = tensor.base;
    if (base != null) {
      tensor.base = null;
      release(base);
    }
  }

  @Override
  public PaperTensor empty(TensorType type, Category category) {
    long bytes = muted || onHost ? 0 : type.bytes();
    return new PaperTensor(new Storage(bytes == 0 ? -1 : ledger.allocate(bytes, category)), type);
  }

  @Override
  public PaperTensor view(PaperTensor base, TensorType type, long offset) {
    return alias(base, type);
  }

  @Override
  public PaperTensor constant(TensorType type) {
    return new PaperTensor(new Storage(-1), type);
  }

  /** A new storage for a result; what it turns out to be for is seen later. */
  public PaperTensor empty(TensorType type) {
    return empty(type, Category.TEMPORARY);
  }

  /** A new contiguous storage for a result. */
  public PaperTensor empty(DType dtype, long... shape) {
    return empty(TensorType.of(dtype, shape));
  }

  /** Scratch that a kernel allocates and frees by itself; null for none. */
  public @Nullable PaperTensor scratch(DType dtype, long elements) {
    return elements == 0 ? null : empty(TensorType.of(dtype, elements), Category.WORKSPACE);
  }

  /**
   * Says that the call at hand allocates a size that depends on values: what is written is the most
   * there can be.
   *
   * @param what is chosen, in words
   */
  public void bounded(String what) {
    bounds.putIfAbsent(op, what);
  }

  /** Calls whose size depends on values, with what was taken for it, in words. */
  public Map<String, String> bounds() {
    return Collections.unmodifiableMap(bounds);
  }

  /** Drops a handle if there is one. */
  public void releaseIfAny(@Nullable PaperTensor tensor) {
    if (tensor != null) {
      release(tensor);
    }
  }

  /**
   * A Python number as a tensor: 8 bytes (1 for a truth value) that lie in the CPU's memory on
   * every backend; weak in type promotion.
   */
  public PaperTensor wrap(Object number) {
    DType dtype =
        number instanceof Double
            ? DType.FLOAT64
            : number instanceof Boolean ? DType.BOOL : DType.INT64;
    PaperTensor wrapped =
        backend.isCuda()
            ? new PaperTensor(new Storage(-1), TensorType.of(dtype))
            : empty(TensorType.of(dtype));
    wrapped.wrappedNumber = true;
    return wrapped;
  }

  /** Another tensor on the same storage, outside the autograd graph and not known as a view. */
  public PaperTensor alias(PaperTensor base, TensorType type) {
    return new PaperTensor(base.storage, type);
  }

  /**
   * A view: another tensor on the same storage that keeps its base alive, as every view operator's
   * result does, with or without gradients. Give it its history with {@link #attach}.
   */
  public PaperTensor view(PaperTensor self, TensorType type) {
    PaperTensor view = new PaperTensor(self.storage, type);
    PaperTensor base = self.base == null ? self : self.base;
    view.base = retain(base);
    view.rewrites = base.rewrites;
    return view;
  }

  /** One more handle to the same tensor. */
  public PaperTensor retain(PaperTensor tensor) {
    tensor.refs++;
    return tensor;
  }

  @Override
  public void tag(PaperTensor tensor, Category category) {
    if (tensor.storage.block >= 0) {
      ledger.tag(tensor.storage.block, category);
    }
  }

  @Override
  public void requireGrad(PaperTensor leaf) {
    leaf.leafRequiresGrad = true;
  }

  @Override
  public TensorType type(PaperTensor tensor) {
    return tensor.type;
  }

  @Override
  public void backward(PaperTensor loss) {
    boolean before = gradEnabled;
    gradEnabled = false;
    // A GPU's backward runs on a thread of its own.
    inBackward = true;
    new Backpropagation(this).run(loss);
    inBackward = false;
    gradEnabled = before;
  }

  @Override
  public @Nullable PaperTensor grad(PaperTensor leaf) {
    return leaf.grad == null ? null : retain(leaf.grad);
  }

  @Override
  public void clearGrad(PaperTensor leaf) {
    PaperTensor grad = leaf.grad;
    if (grad != null) {
      leaf.grad = null;
      release(grad);
    }
  }

  @Override
  public void onHost(boolean on) {
    onHost = on && backend.isCuda();
  }

  /**
   * Says that a call of forward, whose inputs are kept by now, multiplies and adds so many times.
   *
   * @param sizes whose product it is
   */
  public void multiplies(long... sizes) {
    if (!muted && (recomputing != null || !inBackward)) {
      flops.add(recomputing != null, sizes);
    }
  }

  /** What was multiplied in forward, and again in backward. */
  public FlopCounter flops() {
    return flops;
  }

  /**
   * A product of matrices whose result was just made. On CUDA the first one of a thread gives its
   * handle a workspace ({@code getCurrentCUDABlasHandle}).
   */
  public void product() {
    int thread = inBackward ? 1 : 0;
    if (backend.blasWorkspace() > 0 && blasWorkspaces[thread] == null) {
      blasWorkspaces[thread] =
          empty(TensorType.of(DType.UINT8, backend.blasWorkspace()), Category.WORKSPACE);
    }
  }

  /** The same with a bias through cuBLASLt ({@code gemm_and_bias}): scratch that goes at once. */
  public void productWithBias() {
    PaperTensor scratch = scratch(DType.UINT8, backend.blasLtWorkspace());
    product();
    releaseIfAny(scratch);
  }

  @Override
  public void setGradEnabled(boolean enabled) {
    gradEnabled = enabled;
  }

  @Override
  public boolean isGradEnabled() {
    return gradEnabled;
  }

  @Override
  public void suspendAutocast(boolean suspended) {
    autocastSuspended = suspended;
  }

  @Override
  public void setAutocast(@Nullable DType dtype) {
    Autocast before = autocast;
    autocast = dtype == null ? null : new Autocast(dtype);
    if (before != null) {
      before.dropCache(this);
    }
  }

  /**
   * What autocast makes of a tensor that a rule hands to an operator within: cast by that
   * operator's policy, unless the call around it had a policy and so turned autocast off.
   *
   * @return a handle of the caller's own
   */
  public PaperTensor underAutocast(String inner, PaperTensor tensor) {
    Autocast casts = autocast;
    return casts == null || autocastSuspended ? retain(tensor) : casts.within(this, inner, tensor);
  }

  @Override
  public List<PaperTensor> checkpoint(
      List<PaperTensor> inputs, Function<List<PaperTensor>, List<PaperTensor>> body) {
    if (!gradEnabled || packing != null || recomputing != null) {
      return body.apply(inputs);
    }
    Recomputation region =
        new Recomputation(this, inputs, autocast == null ? null : autocast.lower, body);
    packing = region;
    List<PaperTensor> outputs = region.runFirst(this);
    packing = null;
    return outputs;
  }

  /** A region's body runs again, or has done so. */
  void recompute(@Nullable Recomputation region) {
    recomputing = region;
    gradEnabled = region != null;
  }

  /** Whether calls still compute anything: not behind the point where a recomputation stops. */
  void mute(boolean on) {
    muted = on;
  }

  @Override
  public void phase(int iteration, Phase phase) {
    ledger.phase(iteration, phase);
  }

  @Override
  public void at(@Nullable Node newNode) {
    node = newNode;
  }

  /** Says which autograd node is at work. */
  void evaluating(@Nullable GradNode fn) {
    ledger.at(fn == null ? null : fn.source, fn == null ? "" : fn.name);
  }

  /** Whether a result of these inputs takes part in differentiation. */
  public boolean records(@Nullable PaperTensor... inputs) {
    if (gradEnabled) {
      for (PaperTensor input : inputs) {
        if (input != null && input.requiresGrad()) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Makes the autograd node of a call, if one is needed.
   *
   * @param results how many results it has
   * @param inputs differentiable inputs; gradients come back in this order
   * @return the node, or null when nothing is recorded
   */
  public @Nullable GradNode record(
      String name, int results, GradNode.Backward backward, @Nullable PaperTensor... inputs) {
    if (!records(inputs)) {
      return null;
    }
    GradNode fn = node(name, inputs.length, results, backward);
    for (int i = 0; i < inputs.length; i++) {
      PaperTensor input = inputs[i];
      if (input != null && input.requiresGrad()) {
        History.connect(this, fn, i, input);
      }
    }
    return fn;
  }

  GradNode node(String name, int inputs, int results, GradNode.Backward backward) {
    return autograd.add(new GradNode(name, sequence++, node, inputs, results, backward));
  }

  /**
   * Keeps a wrapped number for backward. It stays TEMPORARY: PyTorch's saved-tensor hooks, whose
   * count defines what is saved, pass over wrapped numbers.
   */
  public void saveNumber(@Nullable GradNode fn, PaperTensor wrapped) {
    if (fn != null) {
      fn.save(alias(wrapped, wrapped.type));
    }
  }

  /** Keeps a tensor's storage for backward; inputs before the call computes, results after. */
  public void save(@Nullable GradNode fn, @Nullable PaperTensor tensor) {
    if (fn == null || tensor == null) {
      return;
    }
    if (tensor.wrappedNumber) {
      saveNumber(fn, tensor);
      return;
    }
    if (packing != null) {
      packing.pack(fn, tensor);
      return;
    }
    if (recomputing != null) {
      recomputing.repack(this, tensor);
      return;
    }
    fn.save(alias(tensor, tensor.type));
    tagKept(tensor);
  }

  void tagKept(PaperTensor tensor) {
    int block = tensor.storage.block;
    if (block >= 0 && ledger.category(block) == Category.TEMPORARY) {
      ledger.tag(block, Category.ACTIVATION);
    }
  }

  /** Makes a tensor a result of a node. */
  public PaperTensor attach(@Nullable GradNode fn, PaperTensor result) {
    return attach(fn, result, 0);
  }

  /** Makes a tensor the n-th result of a node. */
  public PaperTensor attach(@Nullable GradNode fn, PaperTensor result, int outputNumber) {
    if (fn != null) {
      fn.refs++;
      result.gradFn = fn;
      result.outputNumber = outputNumber;
    }
    return result;
  }

  /**
   * An in-place operator wrote into a tensor: its history goes on with the node ({@code
   * rebase_history}).
   *
   * @return a new handle to the same tensor, as the operator returns it
   */
  public PaperTensor rewrite(@Nullable GradNode fn, PaperTensor self) {
    History.rewrite(this, fn, self);
    return retain(self);
  }

  /** Drops a node; what it leads to follows without recursion, since graphs are deep. */
  void release(GradNode fn) {
    if (--fn.refs > 0) {
      return;
    }
    ArrayDeque<GradNode> dead = new ArrayDeque<>();
    dead.push(fn);
    for (GradNode each = dead.poll(); each != null; each = dead.poll()) {
      dropSaved(each);
      autograd.gone(each);
      for (int i = 0; i < each.next.length; i++) {
        GradNode next = each.next[i];
        if (next != null) {
          each.next[i] = null;
          autograd.cut(next);
          if (--next.refs == 0) {
            dead.push(next);
          }
        }
      }
    }
  }

  void dropSaved(GradNode fn) {
    Recomputation region = fn.region;
    if (region != null) {
      fn.region = null;
      region.dropped(this, fn);
    }
    int count = fn.savedCount();
    for (int i = 0; i < count; i++) {
      release(fn.saved(i));
    }
    fn.forgetSaved();
    if (fn.inner != null) {
      dropSaved(fn.inner);
    }
  }

  @Override
  public String toString() {
    return "paper, in " + op;
  }
}
