package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weight normalisation ({@code aten/src/ATen/native/WeightNorm.cpp}): direction times magnitude,
 * fused where the norm is over all but the first dimension. Keeps both and the norms.
 */
final class WeightNorm {
  private WeightNorm() {}

  static void register(Registry ops) {
    ops.add("_weight_norm(Tensor v, Tensor g, int dim=0)", WeightNorm::weightNorm);
  }

  private static List<PaperTensor> weightNorm(PaperEngine p, Args a) {
    PaperTensor v = a.tensor(0);
    PaperTensor magnitude = a.tensor(1);
    long dim = a.integer(2);
    if (dim != 0) {
      throw new UnsupportedOperatorException(
          a.op(), "over all but dimension " + dim + ", only over all but the first one");
    }
    PaperTensor direction = Views.contiguous(p, v);
    PaperTensor g = Views.contiguous(p, magnitude);
    GradNode fn =
        p.record(
            "WeightNormInterfaceBackward0",
            1,
            (e, n, grads) -> {
              PaperTensor grad = given(grads);
              PaperTensor dense =
                  grad.type().isContiguous() ? null : e.empty(Layout.contiguous(grad.type()));
              PaperTensor forDirection = e.empty(Layout.like(direction));
              PaperTensor forMagnitude = e.empty(Layout.like(g));
              e.releaseIfAny(dense);
              return new @Nullable PaperTensor[] {forDirection, forMagnitude};
            },
            direction,
            g);
    p.save(fn, g);
    p.save(fn, direction);
    PaperTensor result = p.empty(Layout.contiguous(direction.type()));
    PaperTensor norms = p.empty(Layout.like(g));
    p.save(fn, norms);
    p.release(norms);
    p.release(g);
    p.release(direction);
    return List.of(p.attach(fn, result));
  }
}
