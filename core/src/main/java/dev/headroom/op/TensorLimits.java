package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Clamping between tensors, which may be trained. Keeps the limits and the input; each gets the
 * gradient where it was the one that counted ({@code clamp_backward_min_max}).
 */
final class TensorLimits {
  private TensorLimits() {}

  static void register(Registry ops) {
    for (String name : List.of("clamp", "clip", "clamp_", "clip_")) {
      ops.add(
          name + ".Tensor(Tensor self, Tensor? min=None, Tensor? max=None)",
          (p, a) -> List.of(clamp(p, a, a.optionalTensor(1), a.optionalTensor(2))));
    }
    for (String place : List.of("", "_")) {
      ops.add(
          "clamp_min" + place + ".Tensor(Tensor self, Tensor min)",
          (p, a) -> List.of(clamp(p, a, a.tensor(1), null)));
      ops.add(
          "clamp_max" + place + ".Tensor(Tensor self, Tensor max)",
          (p, a) -> List.of(clamp(p, a, null, a.tensor(1))));
    }
  }

  private static PaperTensor clamp(
      PaperEngine p, Args a, @Nullable PaperTensor min, @Nullable PaperTensor max) {
    PaperTensor self = a.tensor(0);
    if (min == null && max == null) {
      throw new IllegalArgumentException(a.op() + ": min and max are None, expected one of them");
    }
    GradNode fn =
        p.record(
            "ClampBackward0",
            1,
            (e, n, g) -> backward(e, n, given(g), max != null, min != null),
            self,
            min,
            max);
    p.save(fn, max);
    p.save(fn, min);
    if (Indexing.inPlace(a.op())) {
      // What is written over is kept as it was.
      p.releaseIfAny(Unary.keepOriginal(p, fn, self));
      return p.rewrite(fn, self);
    }
    p.save(fn, self);
    if (min == null || max == null) {
      PaperTensor limit = min == null ? max : min;
      DType common = limit == null ? self.type().dtype() : Promotion.common(self, limit);
      return p.attach(fn, Pointwise.compute(p, common, common, self, limit == null ? self : limit));
    }
    DType common = Promotion.promote(Promotion.common(self, min), max.type().dtype());
    return p.attach(
        fn,
        p.empty(
            Layout.pointwise(
                common, Layout.pointwise(common, self.type(), min.type()), max.type())));
  }

  private static @Nullable PaperTensor[] backward(
      PaperEngine e, GradNode n, PaperTensor grad, boolean hasMax, boolean hasMin) {
    PaperTensor max = hasMax ? n.saved(0) : null;
    PaperTensor min = hasMin ? n.saved(hasMax ? 1 : 0) : null;
    PaperTensor self = n.saved((hasMax ? 1 : 0) + (hasMin ? 1 : 0));
    PaperTensor forMin = null;
    PaperTensor forMax = null;
    boolean ofMin = hasMin && n.needs(1);
    boolean ofMax = hasMax && n.needs(2);
    if (ofMin || ofMax) {
      PaperTensor zero = e.empty(grad.type().dtype());
      forMin = ofMin ? where(e, grad, zero, self, min, min, max) : null;
      forMax = ofMax ? where(e, grad, zero, self, max, max, min) : null;
      e.release(zero);
    }
    PaperTensor forSelf = null;
    if (n.needs(0)) {
      PaperTensor zero = e.empty(grad.type().dtype());
      forSelf = where(e, grad, zero, self, min == null ? max : min, self, min == null ? null : max);
      e.release(zero);
    }
    return new @Nullable PaperTensor[] {forSelf, forMin, forMax};
  }

  /** {@code where} a limit counts; where there are two, one more comparison with the other. */
  private static PaperTensor where(
      PaperEngine e,
      PaperTensor grad,
      PaperTensor zero,
      PaperTensor self,
      @Nullable PaperTensor limit,
      @Nullable PaperTensor one,
      @Nullable PaperTensor other) {
    Formula f = new Formula(e);
    PaperTensor mask = f.compare(self, limit == null ? self : limit);
    if (one != null && other != null) {
      f.compare(one, other);
    }
    return f.value(f.where(mask, grad, zero));
  }
}
