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
 * Sums, products and quotients of two tensors, or of a tensor and a number, which is wrapped into 8
 * bytes (float64 or int64) that TensorIterator casts to the common type.
 */
final class Arithmetic {
  private Arithmetic() {}

  static void register(Registry ops) {
    ops.add("add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)", Arithmetic::add);
    ops.add("add.Scalar(Tensor self, Scalar other, Scalar alpha=1)", Arithmetic::add);
    ops.add("add_.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)", Arithmetic::addInPlace);
    ops.add("add_.Scalar(Tensor self, Scalar other, Scalar alpha=1)", Arithmetic::addInPlace);
    ops.add("sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)", Arithmetic::sub);
    ops.add("sub.Scalar(Tensor self, Scalar other, Scalar alpha=1)", Arithmetic::sub);
    ops.add("sub_.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)", Arithmetic::subInPlace);
    ops.add("sub_.Scalar(Tensor self, Scalar other, Scalar alpha=1)", Arithmetic::subInPlace);
    ops.add("rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1)", Arithmetic::rsub);
    ops.add(
        "rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)",
        (p, a) -> List.of(sub(p, a.tensor(1), a.tensor(0), alpha(a))));
    ops.add("mul.Tensor(Tensor self, Tensor other)", Arithmetic::mul);
    ops.add(
        "mul.Scalar(Tensor self, Scalar other)",
        (p, a) -> List.of(mulNumber(p, a.tensor(0), a.number(1))));
    ops.add("mul_.Tensor(Tensor self, Tensor other)", Arithmetic::mulInPlace);
    ops.add(
        "mul_.Scalar(Tensor self, Scalar other)",
        (p, a) -> List.of(numberInPlace(p, "MulBackward1", a.tensor(0), a.value(1))));
    ops.add("div.Tensor(Tensor self, Tensor other)", Arithmetic::div);
    ops.add(
        "div.Scalar(Tensor self, Scalar other)",
        (p, a) -> List.of(byNumber(p, "DivBackward1", a.tensor(0), a.value(1))));
    ops.add("div_.Tensor(Tensor self, Tensor other)", Arithmetic::divInPlace);
    ops.add(
        "div_.Scalar(Tensor self, Scalar other)",
        (p, a) -> List.of(numberInPlace(p, "DivBackward1", a.tensor(0), a.value(1))));
    ops.add("neg(Tensor self)", (p, a) -> List.of(negated(p, "NegBackward0", a.tensor(0))));
    Rule nothing = (p, a) -> List.of(p.retain(a.tensor(0)));
    ops.add("lerp_.Scalar(Tensor self, Tensor end, Scalar weight)", nothing);
    ops.add("addcmul_(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", nothing);
    ops.add("addcdiv_(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", nothing);
  }

  private static List<PaperTensor> add(PaperEngine p, Args a) {
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor result = add(p, a.tensor(0), other, alpha(a));
    p.release(other);
    return List.of(result);
  }

  private static double alpha(Args a) {
    return a.number(2);
  }

  static PaperTensor add(PaperEngine p, PaperTensor self, PaperTensor other, double alpha) {
    GradNode fn = p.record("AddBackward0", 1, sumBackward(alpha), self, other);
    DType common = Promotion.common(self, other);
    return p.attach(fn, Pointwise.compute(p, common, common, self, other));
  }

  /** Both sides get the gradient itself; the second scaled if it was. */
  private static GradNode.Backward sumBackward(double alpha) {
    return (e, n, g) ->
        new @Nullable PaperTensor[] {
          n.needs(0) ? e.retain(given(g)) : null,
          n.needs(1) ? (alpha == 1 ? e.retain(given(g)) : scaled(e, given(g), alpha)) : null
        };
  }

  /** A tensor times a number, without history. */
  static PaperTensor scaled(PaperEngine p, PaperTensor tensor, double factor) {
    PaperTensor number = p.wrap(factor);
    DType dtype = tensor.type().dtype();
    PaperTensor result = Pointwise.compute(p, dtype, dtype, tensor, number);
    p.release(number);
    return result;
  }

  private static List<PaperTensor> addInPlace(PaperEngine p, Args a) {
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor result = addInPlace(p, a.tensor(0), other, alpha(a));
    p.release(other);
    return List.of(result);
  }

  static PaperTensor addInPlace(PaperEngine p, PaperTensor self, PaperTensor other, double alpha) {
    GradNode fn = p.record("AddBackward0", 1, sumBackward(alpha), self, other);
    Pointwise.inPlace(p, Promotion.common(self, other), self, other);
    return p.rewrite(fn, self);
  }

  private static List<PaperTensor> sub(PaperEngine p, Args a) {
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor result = sub(p, a.tensor(0), other, alpha(a));
    p.release(other);
    return List.of(result);
  }

  static PaperTensor sub(PaperEngine p, PaperTensor self, PaperTensor other, double alpha) {
    GradNode fn = p.record("SubBackward0", 1, differenceBackward(alpha), self, other);
    DType common = Promotion.common(self, other);
    return p.attach(fn, Pointwise.compute(p, common, common, self, other));
  }

  private static List<PaperTensor> subInPlace(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = Pointwise.operand(p, a, 1);
    GradNode fn = p.record("SubBackward0", 1, differenceBackward(alpha(a)), self, other);
    Pointwise.inPlace(p, Promotion.common(self, other), self, other);
    PaperTensor result = p.rewrite(fn, self);
    p.release(other);
    return List.of(result);
  }

  /** The second side gets the negated gradient, scaled if it was. */
  private static GradNode.Backward differenceBackward(double alpha) {
    return (e, n, g) -> {
      PaperTensor first = n.needs(0) ? e.retain(given(g)) : null;
      if (!n.needs(1)) {
        return new @Nullable PaperTensor[] {first, null};
      }
      PaperTensor negated = e.empty(Layout.like(given(g)));
      if (alpha != 1) {
        PaperTensor scaled = scaled(e, negated, alpha);
        e.release(negated);
        negated = scaled;
      }
      return new @Nullable PaperTensor[] {first, negated};
    };
  }

  /** {@code number - alpha * tensor}. */
  private static List<PaperTensor> rsub(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    double alpha = alpha(a);
    PaperTensor number = p.wrap(a.value(1));
    GradNode fn =
        p.record(
            "RsubBackward1",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor negated = f.unary(given(g));
              return new PaperTensor[] {f.value(alpha == 1 ? negated : f.binary(negated, alpha))};
            },
            self);
    DType common = Promotion.common(self, number);
    PaperTensor result = p.attach(fn, Pointwise.compute(p, common, common, number, self));
    p.release(number);
    return List.of(result);
  }

  static PaperTensor negated(PaperEngine p, String backward, PaperTensor self) {
    GradNode fn =
        p.record(
            backward, 1, (e, n, g) -> new PaperTensor[] {e.empty(Layout.like(given(g)))}, self);
    return p.attach(fn, p.empty(Layout.like(self)));
  }

  private static List<PaperTensor> mul(PaperEngine p, Args a) {
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor result = mul(p, a.tensor(0), other);
    p.release(other);
    return List.of(result);
  }

  /** Each side that needs a gradient has the other one kept. */
  static PaperTensor mul(PaperEngine p, PaperTensor self, PaperTensor other) {
    GradNode fn = productNode(p, self, other, self);
    DType common = Promotion.common(self, other);
    return p.attach(fn, Pointwise.compute(p, common, common, self, other));
  }

  private static @Nullable GradNode productNode(
      PaperEngine p, PaperTensor self, PaperTensor other, PaperTensor keptSelf) {
    GradNode fn =
        p.record(
            "MulBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forOther = n.needs(1) ? product(e, given(g), self) : null;
              PaperTensor forSelf = n.needs(0) ? product(e, given(g), other) : null;
              return new @Nullable PaperTensor[] {forSelf, forOther};
            },
            self,
            other);
    if (fn != null && fn.needs(0)) {
      p.save(fn, other);
    }
    if (fn != null && fn.needs(1)) {
      p.save(fn, keptSelf);
    }
    return fn;
  }

  /** A product of a gradient with a kept tensor, of which only the type matters. */
  static PaperTensor product(PaperEngine p, PaperTensor grad, PaperTensor kept) {
    DType common = Promotion.common(grad, kept);
    // A conjugate is seen first and written where the product needs it.
    @Nullable PaperTensor conjugate =
        ComplexNumbers.is(kept.type()) ? p.empty(Layout.like(kept)) : null;
    PaperTensor result = Pointwise.compute(p, common, common, grad, kept);
    p.releaseIfAny(conjugate);
    return result;
  }

  /** A product with a C++ number: it is wrapped for the call, and again in backward. */
  static PaperTensor mulNumber(PaperEngine p, PaperTensor self, double number) {
    return byNumber(p, "MulBackward1", self, number);
  }

  private static PaperTensor byNumber(
      PaperEngine p, String backward, PaperTensor self, Object number) {
    GradNode fn = p.record(backward, 1, numberBackward(number), self);
    PaperTensor wrapped = p.wrap(number);
    DType common = Promotion.common(self, wrapped);
    DType result = backward.startsWith("Div") ? Promotion.floating(common) : common;
    PaperTensor out = Pointwise.compute(p, result, result, self, wrapped);
    p.release(wrapped);
    return p.attach(fn, out);
  }

  private static PaperTensor numberInPlace(
      PaperEngine p, String backward, PaperTensor self, Object number) {
    GradNode fn = p.record(backward, 1, numberBackward(number), self);
    PaperTensor wrapped = p.wrap(number);
    Pointwise.inPlace(p, self.type().dtype(), self, wrapped);
    p.release(wrapped);
    return p.rewrite(fn, self);
  }

  private static GradNode.Backward numberBackward(Object number) {
    return (e, n, g) -> {
      PaperTensor wrapped = e.wrap(number);
      PaperTensor result = product(e, given(g), wrapped);
      e.release(wrapped);
      return new PaperTensor[] {result};
    };
  }

  private static List<PaperTensor> mulInPlace(PaperEngine p, Args a) {
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor result = mulInPlace(p, a.tensor(0), other);
    p.release(other);
    return List.of(result);
  }

  static PaperTensor mulInPlace(PaperEngine p, PaperTensor self, PaperTensor other) {
    // Other's gradient needs self's old value: PyTorch keeps a copy of it then.
    PaperTensor before = p.records(other) ? p.empty(Layout.like(self)) : p.retain(self);
    GradNode fn = productNode(p, self, other, before);
    p.release(before);
    Pointwise.inPlace(p, Promotion.common(self, other), self, other);
    return p.rewrite(fn, self);
  }

  private static List<PaperTensor> div(PaperEngine p, Args a) {
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor result = div(p, a.tensor(0), other);
    p.release(other);
    return List.of(result);
  }

  /**
   * Keeps the divisor; the dividend too if the divisor needs a gradient, which then takes a
   * quotient, its negative's product and more.
   */
  static PaperTensor div(PaperEngine p, PaperTensor self, PaperTensor other) {
    GradNode fn = quotientNode(p, self, other, self);
    DType common = Promotion.floating(Promotion.common(self, other));
    return p.attach(fn, Pointwise.compute(p, common, common, self, other));
  }

  private static PaperTensor quotient(PaperEngine p, PaperTensor a, PaperTensor b) {
    DType common = Promotion.floating(Promotion.common(a, b));
    return Pointwise.compute(p, common, common, a, b);
  }

  private static @Nullable GradNode quotientNode(
      PaperEngine p, PaperTensor self, PaperTensor other, PaperTensor keptSelf) {
    GradNode fn =
        p.record(
            "DivBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forOther = n.needs(1) ? divisorGradient(e, given(g), self, other) : null;
              PaperTensor forSelf = n.needs(0) ? quotient(e, given(g), other) : null;
              return new @Nullable PaperTensor[] {forSelf, forOther};
            },
            self,
            other);
    p.save(fn, other);
    if (fn != null && fn.needs(1)) {
      p.save(fn, keptSelf);
    }
    return fn;
  }

  /** {@code -grad * ((self / other) / other)}, the right side first as the compiler orders it. */
  private static PaperTensor divisorGradient(
      PaperEngine p, PaperTensor grad, PaperTensor self, PaperTensor other) {
    PaperTensor once = quotient(p, self, other);
    PaperTensor twice = quotient(p, once, other);
    PaperTensor negated = p.empty(Layout.like(grad));
    PaperTensor result = product(p, negated, twice);
    p.release(negated);
    p.release(twice);
    p.release(once);
    return result;
  }

  private static List<PaperTensor> divInPlace(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = Pointwise.operand(p, a, 1);
    PaperTensor before = p.records(other) ? p.empty(Layout.like(self)) : p.retain(self);
    GradNode fn = quotientNode(p, self, other, before);
    p.release(before);
    Pointwise.inPlace(p, Promotion.floating(Promotion.common(self, other)), self, other);
    PaperTensor result = p.rewrite(fn, self);
    p.release(other);
    return List.of(result);
  }
}
