package dev.headroom.paper;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.op.Operators;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs ATen calls without values: shapes are inferred, references counted, and each allocation and
 * free of a storage written to a ledger, in the order in which PyTorch's CPU backend makes them.
 */
public final class PaperEngine implements Engine<PaperTensor> {
  private final LedgerWriter ledger;
  private boolean gradEnabled = true;
  private long sequence;
  private @Nullable Node node;
  private String op = "";

  public PaperEngine(LedgerWriter ledger) {
    this.ledger = ledger;
  }

  @Override
  public List<PaperTensor> call(String name, @Nullable Object... args) {
    op = name;
    ledger.at(node, name);
    return Operators.rule(name).call(this, new Args(name, args));
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
  }

  @Override
  public PaperTensor empty(TensorType type, Category category) {
    long bytes = type.bytes();
    return new PaperTensor(new Storage(bytes == 0 ? -1 : ledger.allocate(bytes, category)), type);
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

  /** Another tensor on the same storage, outside the autograd graph. */
  public PaperTensor alias(PaperTensor base, TensorType type) {
    return new PaperTensor(base.storage, type);
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
    new Backpropagation(this).run(loss);
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
  public void setGradEnabled(boolean enabled) {
    gradEnabled = enabled;
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
   * @param inputs differentiable inputs; gradients come back in this order
   * @return the node, or null when nothing is recorded
   */
  public @Nullable GradNode record(
      String name, int results, GradNode.Backward backward, @Nullable PaperTensor... inputs) {
    if (!records(inputs)) {
      return null;
    }
    GradNode fn = new GradNode(name, sequence++, node, inputs.length, results, backward);
    for (int i = 0; i < inputs.length; i++) {
      PaperTensor input = inputs[i];
      if (input == null || !input.requiresGrad()) {
        continue;
      }
      GradNode next = input.gradFn == null ? accumulator(input) : input.gradFn;
      next.refs++;
      fn.next[i] = next;
      fn.nextInput[i] = input.gradFn == null ? 0 : input.outputNumber;
    }
    return fn;
  }

  /**
   * Keeps a wrapped number for backward. It stays TEMPORARY: PyTorch's saved-tensor hooks, whose
   * count defines what is saved, pass over wrapped numbers.
   */
  public void saveNumber(@Nullable GradNode fn, PaperTensor wrapped) {
    if (fn != null) {
      fn.saved.add(alias(wrapped, wrapped.type));
    }
  }

  /** Keeps a tensor's storage for backward. */
  public void save(@Nullable GradNode fn, PaperTensor tensor) {
    if (fn == null) {
      return;
    }
    fn.saved.add(alias(tensor, tensor.type));
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

  void release(GradNode fn) {
    if (--fn.refs == 0) {
      dropSaved(fn);
      for (int i = 0; i < fn.next.length; i++) {
        GradNode next = fn.next[i];
        if (next != null) {
          fn.next[i] = null;
          release(next);
        }
      }
    }
  }

  void dropSaved(GradNode fn) {
    for (PaperTensor tensor : fn.saved) {
      release(tensor);
    }
    fn.saved.clear();
  }

  private GradNode accumulator(PaperTensor leaf) {
    GradNode existing = leaf.accumulator;
    if (existing == null) {
      // Sequence number of AccumulateGrad: the highest, so that it runs as soon as it is ready.
      existing =
          new GradNode(
              "torch::autograd::AccumulateGrad",
              Long.MAX_VALUE,
              null,
              0,
              1,
              (engine, fn, grad) -> new PaperTensor[0]);
      existing.leaf = leaf;
      existing.refs = 1;
      leaf.accumulator = existing;
    }
    return existing;
  }

  @Override
  public String toString() {
    return "paper, in " + op;
  }
}
