package dev.headroom.paper;

import dev.headroom.ledger.Category;
import dev.headroom.op.Gradients;
import dev.headroom.tensor.TensorType;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One backward pass in the order of PyTorch's engine ({@code torch/csrc/autograd/engine.cpp}):
 * nodes whose gradients are complete, the youngest first; incoming gradients die when a node has
 * finished, then what it had saved.
 */
final class Backpropagation {
  private final PaperEngine engine;
  private final ReadyQueue ready = new ReadyQueue();

  /** Whether every edge of the graph is one that this pass goes along. */
  private boolean counted;

  /** Nodes at which gradients have arrived and which did not run yet. */
  private int pending;

  Backpropagation(PaperEngine engine) {
    this.engine = engine;
  }

  void run(PaperTensor loss) {
    GradNode root = loss.gradFn;
    if (root == null) {
      throw new IllegalArgumentException("the loss does not depend on any parameter");
    }
    counted = engine.autograd.leadsToAll(root);
    if (!counted) {
      countDependencies(root);
    }
    engine.evaluating(null);
    PaperTensor ones = engine.empty(loss.type);
    buffer(root)[loss.outputNumber] = engine.retain(ones);
    ready.push(root);
    for (GradNode fn = ready.pop(); fn != null; fn = ready.pop()) {
      evaluate(fn);
    }
    engine.evaluating(null);
    engine.release(ones);
    if (pending != 0) {
      throw new IllegalStateException(pending + " nodes never had all their gradients");
    }
  }

  /**
   * Counts, for every node that this pass reaches, the edges that lead to it from others of them.
   * Leaves no mark when the pass is over.
   */
  private static void countDependencies(GradNode root) {
    ArrayDeque<GradNode> open = new ArrayDeque<>();
    open.add(root);
    for (GradNode fn = open.poll(); fn != null; fn = open.poll()) {
      for (GradNode next : fn.next) {
        if (next != null && next.waiting++ == 0) {
          open.add(next);
        }
      }
    }
  }

  private @Nullable PaperTensor[] buffer(GradNode fn) {
    @Nullable PaperTensor[] buffer = fn.arrived;
    if (buffer == null) {
      buffer = new PaperTensor[fn.results];
      fn.arrived = buffer;
      pending++;
    }
    return buffer;
  }

  private void evaluate(GradNode fn) {
    engine.evaluating(fn);
    @Nullable PaperTensor[] inputs = buffer(fn);
    fn.arrived = null;
    pending--;
    if (fn.leaf != null) {
      accumulate(fn.leaf, inputs[0]);
      return;
    }
    @Nullable PaperTensor[] outputs = call(fn, inputs);
    engine.dropSaved(fn);
    for (int i = 0; i < fn.next.length; i++) {
      GradNode next = fn.next[i];
      PaperTensor output = outputs[i];
      if (next == null) {
        continue;
      }
      if (output != null && add(buffer(next), fn.nextInput(i), output)) {
        outputs[i] = null;
      }
      // A graph is walked once: cut here, it need not be taken apart in a walk of its own later.
      fn.next[i] = null;
      next.refs--;
      engine.autograd.cut(next);
      if ((counted ? next.edges : --next.waiting) == 0) {
        ready.push(next);
      }
    }
    if (fn.refs == 0) {
      engine.autograd.gone(fn);
    }
    // Gradients that were added to another one go when all have been handed on.
    for (PaperTensor output : outputs) {
      engine.releaseIfAny(output);
    }
  }

  private @Nullable PaperTensor[] call(GradNode fn, @Nullable PaperTensor[] inputs) {
    @Nullable PaperTensor[] outputs;
    if (!anyDefined(inputs)) {
      outputs = new PaperTensor[fn.next.length];
    } else {
      Recomputation region = fn.region;
      if (region != null) {
        region.unpack(engine, fn);
      }
      outputs = fn.backward.apply(engine, fn, inputs);
      if (region != null) {
        region.dropUnpacked(engine, fn);
      }
    }
    // A gradient is summed and cast while the incoming ones are still held.
    validate(fn, outputs);
    for (PaperTensor input : inputs) {
      if (input != null) {
        engine.release(input);
      }
    }
    return outputs;
  }

  /** {@code validate_outputs}: a gradient takes the shape and the type of what it belongs to. */
  private void validate(GradNode fn, @Nullable PaperTensor[] outputs) {
    for (int i = 0; i < fn.next.length; i++) {
      TensorType expected = fn.gradTypes[i];
      PaperTensor output = outputs[i];
      if (fn.next[i] == null
          || output == null
          || expected == null
          || output.type.equals(expected)) {
        continue;
      }
      if (!output.type.shape().equals(expected.shape())) {
        PaperTensor summed = Gradients.sumTo(engine, output, expected.shape());
        engine.release(output);
        output = summed;
      }
      if (output.type.dtype() != expected.dtype()) {
        PaperTensor cast = Gradients.cast(engine, output, expected.dtype());
        engine.release(output);
        output = cast;
      }
      outputs[i] = output;
    }
  }

  private static boolean anyDefined(@Nullable PaperTensor[] tensors) {
    for (PaperTensor tensor : tensors) {
      if (tensor != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Two gradients meet: the first is added to in place if nobody else holds it.
   *
   * @return whether the gradient itself was taken over
   */
  private boolean add(@Nullable PaperTensor[] buffer, int index, PaperTensor grad) {
    PaperTensor old = buffer[index];
    if (old == null) {
      buffer[index] = grad;
      return true;
    }
    boolean alone = old.refs == 1 && old.storage.refs == 1;
    if (!alone || !old.type.isNonOverlappingAndDense()) {
      buffer[index] = Gradients.sum(engine, old, grad);
      engine.release(old);
    }
    return false;
  }

  /** {@code AccumulateGrad}: the first gradient's buffer becomes {@code .grad} if it can. */
  private void accumulate(PaperTensor leaf, @Nullable PaperTensor grad) {
    if (grad == null) {
      return;
    }
    if (leaf.grad != null) {
      engine.release(grad);
    } else if (grad.refs == 1 && obeysLayout(grad.type, leaf.type)) {
      leaf.grad = grad;
      engine.tag(grad, Category.GRADIENT);
    } else {
      leaf.grad =
          engine.empty(
              leaf.type.isNonOverlappingAndDense()
                  ? leaf.type
                  : TensorType.of(leaf.type.dtype(), leaf.type.shape()),
              Category.GRADIENT);
      engine.release(grad);
    }
  }

  /** {@code obeys_layout_contract}: strides as the parameter's, or contiguous if that is sparse. */
  private static boolean obeysLayout(TensorType grad, TensorType leaf) {
    if (!leaf.isNonOverlappingAndDense()) {
      return grad.isContiguous();
    }
    for (int i = 0; i < leaf.rank(); i++) {
      if (leaf.shape().get(i) != 1 && !leaf.strides().get(i).equals(grad.strides().get(i))) {
        return false;
      }
    }
    return true;
  }
}
