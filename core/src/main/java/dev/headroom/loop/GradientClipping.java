package dev.headroom.loop;

import dev.headroom.engine.Engine;
import java.util.List;

/**
 * {@code torch.nn.utils.clip_grad_norm_}: scales all gradients so that their common norm is at most
 * a limit. It takes the multi-tensor way on the CPU too ({@code torch/nn/utils/clip_grad.py}). A
 * {@code _foreach_} call on one tensor allocates what the plain call does, so that one family of
 * rules is enough.
 */
final class GradientClipping {
  private static final double EPS = 1e-6;

  private GradientClipping() {}

  /** Clips; the gradients stay the caller's. */
  static <T> void clip(Engine<T> engine, List<T> grads, double limit) {
    List<T> norms = engine.call("aten._foreach_norm.Scalar", grads, 2.0);
    T stacked = engine.call("aten.stack.default", norms).getFirst();
    T total = engine.call("aten._foreach_norm.Scalar", List.of(stacked), 2.0).getFirst();
    engine.release(stacked);
    norms.reversed().forEach(engine::release);
    // Python writes limit / (total + eps), which is (total + eps).reciprocal() * limit.
    T padded = engine.call("aten.add.Tensor", total, EPS).getFirst();
    T inverse = engine.call("aten._foreach_reciprocal.default", List.of(padded)).getFirst();
    engine.release(padded);
    T factor = engine.call("aten.mul.Tensor", inverse, limit).getFirst();
    engine.release(inverse);
    T clamped = engine.call("aten._foreach_clamp_max.Scalar", List.of(factor), 1.0).getFirst();
    engine.call("aten._foreach_mul_.Tensor", grads, clamped).forEach(engine::release);
    engine.release(clamped);
    engine.release(factor);
    engine.release(total);
  }
}
