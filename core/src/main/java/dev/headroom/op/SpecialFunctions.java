package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.op.Unary.Keep;
import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Functions of {@code torch.special} and their neighbours, with the formulas of {@code
 * derivatives.yaml}.
 */
final class SpecialFunctions {
  private SpecialFunctions() {}

  static void register(Registry ops) {
    for (String name : List.of("digamma", "special_digamma", "special_psi", "i0", "special_i0")) {
      ops.add(
          name + "(Tensor self)",
          (p, a) -> List.of(Unary.apply(p, a, Keep.SELF, SpecialFunctions::byFunction)));
    }
    for (String name : List.of("polygamma", "special_polygamma")) {
      ops.add(
          name + "(int n, Tensor self)",
          (p, a) ->
              List.of(
                  Unary.apply(p, a.op(), a.tensor(1), Keep.SELF, SpecialFunctions::byFunction)));
    }
    ops.add(
        "special_entr(Tensor self)",
        (p, a) ->
            List.of(
                Unary.apply(
                    p, a, Keep.SELF, (f, g, x) -> f.binary(g, f.unary(f.binary(f.unary(x), 1L))))));
    ops.add(
        "round.decimals(Tensor self, *, int decimals)",
        (p, a) -> List.of(Unary.apply(p, a, Keep.NOTHING, (f, g, x) -> f.like(g))));
    ops.add("deg2rad(Tensor self)", SpecialFunctions::degrees);
    ops.add("rad2deg(Tensor self)", SpecialFunctions::degrees);
    ops.add(
        "float_power.Tensor_Scalar(Tensor self, Scalar exponent)", SpecialFunctions::floatPower);
    ops.add("ldexp.Tensor(Tensor self, Tensor other)", SpecialFunctions::scaledByPower);
    ops.add("copysign.Tensor(Tensor self, Tensor other)", SpecialFunctions::copySign);
    ops.add("copysign.Scalar(Tensor self, Scalar other)", SpecialFunctions::copySign);
    for (String name :
        List.of("heaviside(Tensor self, Tensor values)", "nextafter(Tensor self, Tensor other)")) {
      ops.add(name, Pointwise::undifferentiated);
    }
  }

  /** {@code grad * f(self)}. */
  private static PaperTensor byFunction(Formula f, PaperTensor grad, PaperTensor self) {
    return f.binary(grad, f.unary(self));
  }

  /** A product with a number, which is wrapped when the result is already there. */
  private static List<PaperTensor> degrees(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "Deg2RadBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {Arithmetic.scaled(e, given(g), Math.PI / 180)},
            self);
    PaperTensor result =
        p.empty(Layout.like(self).withDType(Promotion.floating(self.type().dtype())));
    PaperTensor number = p.wrap(Math.PI / 180);
    Pointwise.inPlace(p, result.type().dtype(), result, self, number);
    p.release(number);
    return List.of(p.attach(fn, result));
  }

  private static List<PaperTensor> floatPower(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    DType exact = ComplexNumbers.is(a.tensor(0).type()) ? DType.COMPLEX128 : DType.FLOAT64;
    PaperTensor wide = f.call("aten.to.dtype", a.tensor(0), exact);
    return List.of(f.value(f.call("aten.pow.Tensor_Scalar", wide, a.value(1))));
  }

  /** {@code self * 2 ** other}. */
  private static List<PaperTensor> scaledByPower(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    PaperTensor power = f.call("aten.pow.Scalar", 2.0, a.tensor(1));
    return List.of(f.value(f.call("aten.mul.Tensor", a.tensor(0), power)));
  }

  /** Keeps input and result: the gradient is multiplied by their quotient, 0 where self is. */
  private static List<PaperTensor> copySign(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    @Nullable PaperTensor other = a.isNumber(1) ? null : a.tensor(1);
    GradNode fn =
        p.record(
            "CopysignBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              if (n.needs(1) && other != null) {
                out[1] = e.empty(Layout.like(other));
              }
              if (n.needs(0)) {
                Formula f = new Formula(e);
                PaperTensor ratio = f.divide(n.saved(1), n.saved(0));
                Formula mask = new Formula(e);
                mask.compare(n.saved(0), 0L);
                mask.end();
                out[0] = f.value(f.binary(given(g), ratio));
              }
              return out;
            },
            self,
            other);
    p.save(fn, self);
    PaperTensor operand = Pointwise.operand(p, a, 1);
    DType common = Promotion.floating(Promotion.common(self, operand));
    PaperTensor result = Pointwise.compute(p, common, common, self, operand);
    p.release(operand);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }
}
