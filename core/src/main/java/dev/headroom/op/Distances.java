package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Losses between values and targets of the same shape. */
final class Distances {
  private static final long NO_REDUCTION = 0;

  private Distances() {}

  static void register(Registry ops) {
    ops.add(
        "mse_loss(Tensor self, Tensor target, int reduction=Mean)",
        (p, a) -> fused(p, a, "MseLossBackward0"));
    ops.add(
        "smooth_l1_loss(Tensor self, Tensor target, int reduction=Mean, float beta=1.0)",
        (p, a) -> fused(p, a, "SmoothL1LossBackward0"));
    ops.add("l1_loss(Tensor self, Tensor target, int reduction=Mean)", Distances::l1);
  }

  static void sameShape(Args a) {
    TensorType self = a.tensor(0).type();
    TensorType target = a.tensor(1).type();
    if (!self.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          a.op() + ": input is " + self + " and target " + target + ", expected the same shape");
    }
  }

  /** One kernel for all elements, then a mean or a sum of them; keeps both sides. */
  private static List<PaperTensor> fused(PaperEngine p, Args a, String backward) {
    sameShape(a);
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    TensorType in = self.type();
    GradNode fn =
        p.record(
            backward,
            1,
            (e, n, g) ->
                new @Nullable PaperTensor[] {
                  n.needs(0) ? e.empty(Layout.contiguous(in)) : null,
                  n.needs(1) ? e.empty(Layout.contiguous(in)) : null
                },
            self,
            target);
    p.save(fn, self);
    p.save(fn, target);
    DType dtype = Promotion.common(self, target);
    if (a.integer(2) == NO_REDUCTION) {
      return List.of(p.attach(fn, Pointwise.compute(p, dtype, dtype, self, target)));
    }
    // The result is made for all elements and then cut down to a scalar: its storage stays large.
    PaperTensor large = Pointwise.compute(p, dtype, dtype, self, target);
    PaperTensor loss = p.alias(large, TensorType.of(dtype));
    p.release(large);
    PaperTensor each = p.empty(Layout.contiguous(in).withDType(dtype));
    if (a.integer(2) == 1) {
      Reduction.divideSum(p, loss);
    }
    p.release(each);
    return List.of(p.attach(fn, loss));
  }

  /** {@code (input - target).abs()}, then the mean. */
  private static List<PaperTensor> l1(PaperEngine p, Args a) {
    sameShape(a);
    PaperTensor difference = Arithmetic.sub(p, a.tensor(0), a.tensor(1), 1);
    PaperTensor distance = abs(p, difference);
    PaperTensor loss = reduced(p, distance, a.integer(2));
    p.release(distance);
    p.release(difference);
    return List.of(loss);
  }

  private static PaperTensor reduced(PaperEngine p, PaperTensor each, long reduction) {
    if (reduction == NO_REDUCTION) {
      return p.retain(each);
    }
    List<Long> all = Reduction.all(each.type());
    return reduction == 1
        ? Reduction.mean(p, each, all, false)
        : Reduction.sum(p, each, all, false);
  }

  /** The gradient is multiplied by the sign. */
  static PaperTensor abs(PaperEngine p, PaperTensor self) {
    GradNode fn =
        p.record(
            "AbsBackward0",
            1,
            (e, n, g) -> {
              PaperTensor sign = e.empty(Layout.like(n.saved(0)));
              PaperTensor result = Arithmetic.product(e, given(g), sign);
              e.release(sign);
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    return p.attach(fn, p.empty(Layout.like(self)));
  }
}
