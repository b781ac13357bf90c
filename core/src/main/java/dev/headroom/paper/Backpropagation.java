package dev.headroom.paper;

import dev.headroom.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One backward pass in the order of PyTorch's engine ({@code torch/csrc/autograd/engine.cpp}):
 * nodes whose gradients are complete, the youngest first; incoming gradients die when a node has
 * finished, then what it had saved.
 */
final class Backpropagation {
  private final PaperEngine engine;
  private final IdentityHashMap<GradNode, int[]> dependencies = new IdentityHashMap<>();
  private final IdentityHashMap<GradNode, @Nullable PaperTensor[]> buffers =
      new IdentityHashMap<>();
  private final PriorityQueue<GradNode> ready =
      new PriorityQueue<>(Comparator.comparingLong((GradNode n) -> n.sequence).reversed());

  Backpropagation(PaperEngine engine) {
    this.engine = engine;
  }

  void run(PaperTensor loss) {
    GradNode root = loss.gradFn;
    if (root == null) {
      throw new IllegalArgumentException("the loss does not depend on any parameter");
    }
    countDependencies(root);
    engine.evaluating(null);
    PaperTensor ones = engine.empty(loss.type);
    buffer(root)[loss.outputNumber] = engine.retain(ones);
    ready.add(root);
    for (GradNode fn = ready.poll(); fn != null; fn = ready.poll()) {
      evaluate(fn);
    }
    engine.evaluating(null);
    engine.release(ones);
  }

  private void countDependencies(GradNode root) {
    ArrayDeque<GradNode> open = new ArrayDeque<>();
    open.add(root);
    dependencies.put(root, new int[1]);
    for (GradNode fn = open.poll(); fn != null; fn = open.poll()) {
      for (GradNode next : fn.next) {
        if (next != null) {
          int[] count = dependencies.get(next);
          if (count == null) {
            count = new int[1];
            dependencies.put(next, count);
            open.add(next);
          }
          count[0]++;
        }
      }
    }
  }

  private @Nullable PaperTensor[] buffer(GradNode fn) {
    return buffers.computeIfAbsent(fn, f -> new PaperTensor[f.results]);
  }

  private void evaluate(GradNode fn) {
    engine.evaluating(fn);
    @Nullable PaperTensor[] inputs = buffer(fn);
    buffers.remove(fn);
    if (fn.leaf != null) {
      accumulate(fn.leaf, inputs[0]);
      return;
    }
    @Nullable PaperTensor[] outputs =
        anyDefined(inputs)
            ? fn.backward.apply(engine, fn, inputs)
            : new PaperTensor[fn.next.length];
    for (PaperTensor input : inputs) {
      if (input != null) {
        engine.release(input);
      }
    }
    engine.dropSaved(fn);
    for (int i = 0; i < fn.next.length; i++) {
      GradNode next = fn.next[i];
      PaperTensor output = outputs[i];
      if (next == null) {
        if (output != null) {
          engine.release(output);
        }
        continue;
      }
      if (output != null) {
        add(buffer(next), fn.nextInput[i], output);
      }
      int[] count = dependencies.get(next);
      if (count != null && --count[0] == 0) {
        ready.add(next);
      }
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

  /** Two gradients meet: the first is added to in place if nobody else holds it. */
  private void add(@Nullable PaperTensor[] buffer, int index, PaperTensor grad) {
    PaperTensor old = buffer[index];
    if (old == null) {
      buffer[index] = grad;
    } else if (old.refs == 1 && old.storage.refs == 1 && isDense(old.type)) {
      engine.release(grad);
    } else {
      buffer[index] = engine.empty(TensorType.of(old.type.dtype(), old.type.shape()));
      engine.release(old);
      engine.release(grad);
    }
  }

  /** {@code AccumulateGrad}: the first gradient's buffer becomes {@code .grad} if it can. */
  private void accumulate(PaperTensor leaf, @Nullable PaperTensor grad) {
    if (grad == null) {
      return;
    }
    if (leaf.grad != null) {
      engine.release(grad);
    } else if (grad.refs == 1 && sameLayout(leaf.type, grad.type)) {
      leaf.grad = grad;
    } else {
      leaf.grad = engine.empty(leaf.type);
      engine.release(grad);
    }
  }

  private static boolean sameLayout(TensorType a, TensorType b) {
    for (int i = 0; i < a.rank(); i++) {
      if (a.shape().get(i) != 1 && !a.strides().get(i).equals(b.strides().get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDense(TensorType type) {
    return type.elements() == 0 || !hasZeroStride(type);
  }

  private static boolean hasZeroStride(TensorType type) {
    for (int i = 0; i < type.rank(); i++) {
      if (type.strides().get(i) == 0 && type.shape().get(i) > 1) {
        return true;
      }
    }
    return false;
  }
}
