package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;

/**
 * Dropout ({@code aten/src/ATen/native/Dropout.cpp}): on the CPU noise of the input's type, scaled
 * and multiplied; on CUDA one fused kernel with a mask of truth values.
 */
final class Dropout {
  private Dropout() {}

  static void register(Registry ops) {
    ops.add(
        "dropout(Tensor input, float p, bool train)",
        (p, a) -> List.of(dropout(p, a.tensor(0), a.number(1), a.bool(2))));
  }

  static PaperTensor dropout(PaperEngine p, PaperTensor input, double probability, boolean train) {
    if (!train || probability == 0 || input.type().elements() == 0) {
      return p.retain(input);
    }
    if (p.backend().isCuda() && probability < 1) {
      return fused(p, input);
    }
    if (probability == 1) {
      PaperTensor zero = p.empty(TensorType.of(input.type().dtype()));
      PaperTensor result = Arithmetic.mul(p, input, zero);
      p.release(zero);
      return result;
    }
    PaperTensor noise = p.empty(Layout.like(input));
    PaperTensor keep = p.wrap(1 - probability);
    Pointwise.inPlace(p, input.type().dtype(), noise, keep);
    p.release(keep);
    PaperTensor result = Arithmetic.mul(p, input, noise);
    p.release(noise);
    return result;
  }

  private static PaperTensor fused(PaperEngine p, PaperTensor input) {
    GradNode fn =
        p.record(
            "NativeDropoutBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(Layout.like(given(g)))},
            input);
    PaperTensor mask = p.empty(Layout.like(input).withDType(DType.BOOL));
    PaperTensor result = p.empty(Layout.like(input));
    p.save(fn, mask);
    p.release(mask);
    return p.attach(fn, result);
  }
}
