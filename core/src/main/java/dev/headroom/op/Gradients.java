package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What autograd itself does to gradients and operands: sums over broadcast dimensions, casts. */
public final class Gradients {
  private Gradients() {}

  /** {@code sum_to}: a sum over what was broadcast, then a view of the smaller shape. */
  public static PaperTensor sumTo(PaperEngine p, PaperTensor grad, List<Long> shape) {
    TensorType type = grad.type();
    int leading = type.rank() - shape.size();
    long[] kept = new long[type.rank()];
    List<Integer> over = new ArrayList<>();
    for (int i = 0; i < kept.length; i++) {
      boolean goes = i < leading || (shape.get(i - leading) == 1 && type.size(i) != 1);
      kept[i] = goes ? 1 : type.size(i);
      if (goes) {
        over.add(i);
      }
    }
    PaperTensor summed = p.empty(TensorType.of(type.dtype(), kept));
    HalfPrecision.sum(p, type, over, summed.type());
    if (leading == 0) {
      return summed;
    }
    PaperTensor view = p.view(summed, TensorType.of(type.dtype(), shape));
    p.release(summed);
    return view;
  }

  /** {@code to(dtype)}: a copy, recorded if its input takes part in differentiation. */
  public static PaperTensor cast(PaperEngine p, PaperTensor tensor, DType dtype) {
    TensorType type = Layout.like(tensor).withDType(dtype);
    if (Promotion.kind(dtype) < 2) {
      // Whole numbers carry no gradient.
      return p.empty(type);
    }
    GradNode fn =
        p.record(
            "ToCopyBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              return new PaperTensor[] {
                grad.type().dtype() == tensor.type().dtype()
                    ? e.retain(grad)
                    : cast(e, grad, tensor.type().dtype())
              };
            },
            tensor);
    return p.attach(fn, p.empty(type));
  }

  /** {@code a + b} of two gradients that cannot be added in place. */
  public static PaperTensor sum(PaperEngine p, PaperTensor a, PaperTensor b) {
    return Pointwise.compute(p, Promotion.common(a, b), Promotion.common(a, b), a, b);
  }

  /** The gradient of a single result. */
  static PaperTensor given(@Nullable PaperTensor[] grads) {
    PaperTensor grad = grads[0];
    if (grad == null) {
      throw new IllegalStateException("a node ran without its gradient");
    }
    return grad;
  }
}
