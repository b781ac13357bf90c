package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Powers. */
final class Power {
  private Power() {}

  static void register(Registry ops) {
    ops.add("pow.Tensor_Scalar(Tensor self, Scalar exponent)", Power::scalar);
    ops.add("pow_.Scalar(Tensor(a!) self, Scalar exponent)", Power::scalarInPlace);
    ops.add("pow.Scalar(Scalar self, Tensor exponent)", Power::ofNumber);
    ops.add("pow.Tensor_Tensor(Tensor self, Tensor exponent)", Power::tensors);
  }

  /** {@code pow_backward}: {@code grad * (exponent * self.pow(exponent - 1))}. */
  static PaperTensor backward(Formula f, PaperTensor grad, PaperTensor self, double exponent) {
    if (exponent == 0) {
      return f.like(self);
    }
    return f.binary(grad, f.binary(f.unary(self), exponent));
  }

  private static List<PaperTensor> scalar(PaperEngine p, Args a) {
    double exponent = a.number(1);
    return List.of(Unary.apply(p, a, Unary.Keep.SELF, (f, g, x) -> backward(f, g, x, exponent)));
  }

  /** {@code pow(2)} for rules that are composed of it. */
  static PaperTensor square(PaperEngine p, PaperTensor self) {
    return Unary.apply(
        p, "aten.square.default", self, Unary.Keep.SELF, (f, g, x) -> backward(f, g, x, 2));
  }

  private static List<PaperTensor> scalarInPlace(PaperEngine p, Args a) {
    double exponent = a.number(1);
    return List.of(
        Unary.applyInPlace(p, a, Unary.Keep.SELF, (f, g, x) -> backward(f, g, x, exponent)));
  }

  /**
   * A number to the power of a tensor; keeps exponent and result: {@code grad * (result * log)}.
   */
  private static List<PaperTensor> ofNumber(PaperEngine p, Args a) {
    PaperTensor exponent = a.tensor(1);
    GradNode fn =
        p.record(
            "PowBackward2",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.binary(given(g), f.binary(n.saved(1), 1.0)))};
            },
            exponent);
    p.save(fn, exponent);
    DType common = Promotion.floating(exponent.type().dtype());
    PaperTensor result = p.empty(Layout.like(exponent).withDType(common));
    PaperTensor wrapped = p.wrap(a.value(0));
    Pointwise.inPlace(p, common, result, wrapped, exponent);
    p.release(wrapped);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  private static List<PaperTensor> tensors(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor exponent = a.tensor(1);
    GradNode fn =
        p.record(
            "PowBackward1",
            1,
            (e, n, g) -> {
              PaperTensor forExponent = n.needs(1) ? exponentGradient(e, n, given(g)) : null;
              PaperTensor forSelf = n.needs(0) ? selfGradient(e, n, given(g)) : null;
              return new @Nullable PaperTensor[] {forSelf, forExponent};
            },
            self,
            exponent);
    p.save(fn, exponent);
    p.save(fn, self);
    DType common = Promotion.common(self, exponent);
    PaperTensor result = Pointwise.compute(p, common, common, self, exponent);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /** {@code where(exponent == 0, 0, grad * (exponent * self.pow(exponent - 1)))}. */
  private static PaperTensor selfGradient(PaperEngine e, GradNode n, PaperTensor grad) {
    PaperTensor exponent = n.saved(0);
    PaperTensor self = n.saved(1);
    Formula f = new Formula(e);
    PaperTensor power = f.binary(self, f.binary(exponent, 1L));
    PaperTensor out = f.binary(grad, f.binary(exponent, power));
    PaperTensor zero = f.scalarTensor(grad.type().dtype());
    return f.value(f.where(f.compare(exponent, 0.0), zero, out));
  }

  /** {@code grad * where(self == 0 and exponent >= 0, 0, result * self.log())}. */
  private static PaperTensor exponentGradient(PaperEngine e, GradNode n, PaperTensor grad) {
    PaperTensor exponent = n.saved(0);
    PaperTensor self = n.saved(1);
    Formula condition = new Formula(e);
    PaperTensor notNegative = condition.compare(exponent, 0L);
    PaperTensor isZero =
        condition.value(condition.compare(condition.compare(self, 0L), notNegative));
    Formula f = new Formula(e);
    PaperTensor out = f.binary(n.saved(2), f.unary(self));
    PaperTensor zero = f.scalarTensor(grad.type().dtype());
    PaperTensor value = f.value(f.binary(grad, f.where(isZero, zero, out)));
    e.release(isZero);
    return value;
  }
}
