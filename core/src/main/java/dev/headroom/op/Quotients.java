package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Quotients that are rounded, and what is left over. */
final class Quotients {
  private Quotients() {}

  static void register(Registry ops) {
    ops.add("div.out(Tensor self, Tensor other, *, Tensor(a!) out)", Quotients::into);
    for (String name : List.of("remainder", "fmod")) {
      ops.add(name + ".Scalar(Tensor self, Scalar other)", Quotients::rest);
      ops.add(name + ".Tensor(Tensor self, Tensor other)", Quotients::rest);
    }
    ops.add("floor_divide.Scalar(Tensor self, Scalar other)", Pointwise::undifferentiated);
    ops.add("floor_divide(Tensor self, Tensor other)", Pointwise::undifferentiated);
    ops.add(
        "div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode)", Quotients::rounded);
  }

  /** The gradient of what a remainder is taken of passes through; a number has none. */
  private static List<PaperTensor> rest(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = Pointwise.operand(p, a, 1);
    if (p.records(other)) {
      throw new UnsupportedOperatorException(a.op(), "by a tensor that takes a gradient");
    }
    GradNode fn =
        p.record(
            "RemainderBackward0", 1, (e, n, g) -> new PaperTensor[] {e.retain(given(g))}, self);
    DType common = Promotion.common(self, other);
    PaperTensor result = Pointwise.compute(p, common, common, self, other);
    p.release(other);
    return List.of(p.attach(fn, result));
  }

  /** A quotient that is rounded: its gradients are zeros. */
  private static List<PaperTensor> rounded(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = Pointwise.operand(p, a, 1);
    GradNode fn =
        p.record(
            "DivBackward2",
            1,
            (e, n, g) -> {
              PaperTensor forOther = n.needs(1) ? e.empty(Layout.like(given(g))) : null;
              PaperTensor forSelf = n.needs(0) ? e.empty(Layout.like(given(g))) : null;
              return new @Nullable PaperTensor[] {forSelf, forOther};
            },
            self,
            other);
    p.save(fn, other);
    if (fn != null && fn.needs(1)) {
      p.save(fn, self);
    }
    DType common = Promotion.common(self, other);
    PaperTensor result = Pointwise.compute(p, common, common, self, other);
    p.release(other);
    return List.of(p.attach(fn, result));
  }

  /** Into a tensor that is there; PyTorch refuses it where a gradient is recorded. */
  private static List<PaperTensor> into(PaperEngine p, Args a) {
    PaperTensor out = a.tensor(2);
    if (p.records(a.tensor(0), a.tensor(1), out)) {
      throw new UnsupportedOperatorException(a.op(), "of tensors that take a gradient");
    }
    return List.of(p.rewrite(null, out));
  }
}
