package dev.headroom.paper;

import dev.headroom.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Where a tensor comes from in the autograd graph, and what an in-place operator does to that
 * ({@code torch/csrc/autograd/variable.cpp}, {@code functions/tensor.cpp}).
 */
final class History {
  private History() {}

  /** Makes an input's history an edge of a node. */
  static void connect(PaperEngine engine, GradNode fn, int index, PaperTensor input) {
    GradNode next = gradFn(engine, input);
    if (next == null) {
      next = accumulator(input);
    }
    fn.lead(index, next, input.gradFn == null ? 0 : input.outputNumber, input.type);
    engine.autograd.edge(next);
  }

  /** The node that made a tensor; a view whose base was written into gets a new one first. */
  private static @Nullable GradNode gradFn(PaperEngine engine, PaperTensor tensor) {
    PaperTensor base = tensor.base;
    if (base == null || !tensor.stale() || base.gradFn == null) {
      return tensor.gradFn;
    }
    TensorType whole = base.type;
    GradNode view =
        engine.node(
            "AsStridedBackward0",
            1,
            1,
            (e, n, g) -> {
              PaperTensor grad = g[0];
              return new PaperTensor[] {grad == null ? null : e.empty(whole)};
            });
    connect(engine, view, 0, base);
    forget(engine, tensor);
    engine.attach(view, tensor);
    tensor.rewrites = base.rewrites;
    return view;
  }

  private static void forget(PaperEngine engine, PaperTensor tensor) {
    GradNode old = tensor.gradFn;
    if (old != null) {
      tensor.gradFn = null;
      engine.release(old);
    }
  }

  static void rewrite(PaperEngine engine, @Nullable GradNode fn, PaperTensor self) {
    PaperTensor base = self.base;
    if (base == null) {
      if (fn != null) {
        GradNode old = self.gradFn;
        self.rewrites++;
        engine.attach(fn, self);
        if (old != null) {
          engine.release(old);
        }
      }
      return;
    }
    if (fn == null) {
      return;
    }
    // CopySlices: what the operator did to the view becomes a part of the base's history.
    TensorType whole = base.type;
    GradNode slices =
        engine.node(
            "CopySlices",
            fn.next.length,
            1,
            (e, n, g) -> {
              PaperTensor grad = g[0];
              if (grad == null) {
                return new PaperTensor[fn.next.length];
              }
              PaperTensor result = e.empty(whole);
              PaperTensor slice = e.empty(TensorType.of(self.type.dtype(), self.type.shape()));
              @Nullable PaperTensor[] out =
                  fn.backward.apply(e, fn, new @Nullable PaperTensor[] {slice});
              e.release(slice);
              PaperTensor first = out[0];
              if (first != null) {
                e.release(first);
              }
              out[0] = result;
              return out;
            });
    slices.inner = fn;
    engine.autograd.absorbed(fn);
    for (int i = 0; i < fn.next.length; i++) {
      GradNode next = fn.next[i];
      if (next != null) {
        slices.lead(i, next, fn.nextInput(i), fn.gradTypes[i]);
      }
    }
    GradNode first = slices.next[0];
    if (first != null) {
      slices.next[0] = null;
      engine.autograd.cut(first);
      engine.release(first);
    }
    if (base.requiresGrad()) {
      connect(engine, slices, 0, base);
    }
    fn.refs++;
    GradNode old = base.gradFn;
    base.rewrites++;
    engine.attach(slices, base);
    if (old != null) {
      engine.release(old);
    }
  }

  private static GradNode accumulator(PaperTensor leaf) {
    GradNode existing = leaf.accumulator;
    if (existing == null) {
      // AccumulateGrad has the highest sequence number, so that it runs as soon as it is ready.
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
}
