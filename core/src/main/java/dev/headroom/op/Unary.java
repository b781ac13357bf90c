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
 * Functions of each element. What is kept and what backward computes are the formulas of {@code
 * tools/autograd/derivatives.yaml}; in place, a function that needs its input for backward clones
 * it first.
 */
final class Unary {
  /** What a function keeps for backward. */
  enum Keep {
    NOTHING,
    SELF,
    RESULT
  }

  /** The gradient of the input, from the gradient of the result and what was kept. */
  @FunctionalInterface
  interface Derivative {
    /** Returns an owned gradient; {@code kept} is the gradient itself where nothing was kept. */
    PaperTensor of(Formula f, PaperTensor grad, PaperTensor kept);
  }

  private Unary() {}

  static void register(Registry ops) {
    both(ops, "exp", Keep.RESULT, Formula::binary);
    both(ops, "exp2", Keep.RESULT, (f, g, r) -> f.binary(f.binary(g, r), 0.6931471805599453));
    both(ops, "expm1", Keep.RESULT, (f, g, r) -> f.binary(g, f.binary(r, 1L)));
    both(ops, "log", Keep.SELF, Formula::binary);
    both(ops, "log2", Keep.SELF, (f, g, x) -> f.binary(g, f.binary(x, 0.6931471805599453)));
    both(ops, "log10", Keep.SELF, (f, g, x) -> f.binary(g, f.binary(x, 2.302585092994046)));
    both(ops, "log1p", Keep.SELF, (f, g, x) -> f.binary(g, f.binary(x, 1L)));
    both(ops, "sin", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(x)));
    both(ops, "cos", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(f.unary(x))));
    both(ops, "tan", Keep.RESULT, (f, g, r) -> f.binary(g, f.binary(f.unary(r), 1L)));
    both(ops, "sinh", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(x)));
    both(ops, "cosh", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(x)));
    both(ops, "atan", Keep.SELF, (f, g, x) -> f.binary(g, f.binary(f.binary(x, x), 1L)));
    both(ops, "asin", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(oneMinusSquare(f, x))));
    both(ops, "acos", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(f.unary(oneMinusSquare(f, x)))));
    both(ops, "asinh", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(f.binary(f.unary(x), 1L))));
    both(ops, "acosh", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(f.binary(f.binary(x, x), 1L))));
    both(ops, "atanh", Keep.SELF, Unary::atanhBackward);
    ops.add(
        "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
        (p, a) -> List.of(apply(p, a, Keep.SELF, Unary::nanToNumBackward)));
    ops.add(
        "nan_to_num_(Tensor(a!) self, float? nan=None, float? posinf=None, float? neginf=None)",
        (p, a) -> List.of(applyInPlace(p, a, Keep.SELF, Unary::nanToNumBackward)));
    ops.add(
        "logit(Tensor self, float? eps=None)",
        (p, a) -> List.of(apply(p, a, Keep.SELF, Formula::binary)));
    both(ops, "lgamma", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(x)));
    both(ops, "erfinv", Keep.SELF, Unary::erfinvBackward);
    both(ops, "rsqrt", Keep.RESULT, Unary::rsqrtBackward);
    both(ops, "reciprocal", Keep.RESULT, Unary::reciprocalBackward);
    ops.add(
        "abs(Tensor self)",
        (p, a) ->
            List.of(
                ComplexNumbers.is(a.tensor(0).type())
                    ? ComplexNumbers.length(p, a.tensor(0))
                    : apply(p, a, Keep.SELF, (f, g, x) -> f.binary(g, f.unary(x)))));
    inPlaceOnly(ops, "abs", Keep.SELF, (f, g, x) -> f.binary(g, f.unary(x)));
    for (String step : List.of("sign", "ceil", "floor", "round", "trunc")) {
      both(ops, step, Keep.NOTHING, (f, g, x) -> f.like(g));
    }
    both(ops, "erf", Keep.SELF, Unary::erfBackward);
    both(ops, "erfc", Keep.SELF, Unary::erfBackward);
    inPlaceOnly(ops, "neg", Keep.NOTHING, (f, g, x) -> f.unary(g));
    both(ops, "tanh", Keep.RESULT, Formula::binary);
    both(ops, "sigmoid", Keep.RESULT, Formula::binary);
    both(ops, "sqrt", Keep.RESULT, (f, g, r) -> f.binary(g, f.binary(r, 2L)));
    both(ops, "frac", Keep.NOTHING, (f, g, x) -> g);
    both(ops, "square", Keep.SELF, (f, g, x) -> Power.backward(f, g, x, 2));
  }

  /** {@code grad * 1 / (1 - self.pow(2))}. */
  private static PaperTensor atanhBackward(Formula f, PaperTensor grad, PaperTensor self) {
    PaperTensor rest = f.like(f.unary(self));
    return f.divide(f.binary(grad, 1L), rest);
  }

  /** {@code grad * isfinite(self)}. */
  private static PaperTensor nanToNumBackward(Formula f, PaperTensor grad, PaperTensor self) {
    return f.binary(grad, f.call("aten.isfinite.default", self));
  }

  /** {@code -self * self + 1}. */
  private static PaperTensor oneMinusSquare(Formula f, PaperTensor self) {
    return f.binary(f.binary(f.unary(self), self), 1L);
  }

  /** {@code 0.5 * sqrt(pi) * exp(self.erfinv().pow(2)) * grad}. */
  private static PaperTensor erfinvBackward(Formula f, PaperTensor grad, PaperTensor self) {
    PaperTensor exp = f.unary(f.unary(f.unary(self)));
    return f.binary(f.binary(exp, 0.886226925452758), grad);
  }

  /** {@code -0.5 * grad * result.pow(3)}. */
  private static PaperTensor rsqrtBackward(Formula f, PaperTensor grad, PaperTensor result) {
    PaperTensor cube = f.unary(result);
    return f.binary(f.binary(grad, -0.5), cube);
  }

  /** {@code -grad * (result * result)}, the right side first as the compiler orders it. */
  private static PaperTensor reciprocalBackward(Formula f, PaperTensor grad, PaperTensor result) {
    PaperTensor square = f.binary(result, result);
    return f.binary(f.unary(grad), square);
  }

  /** {@code 2 / sqrt(pi) * exp(-(self.pow(2))) * grad}. */
  private static PaperTensor erfBackward(Formula f, PaperTensor grad, PaperTensor self) {
    PaperTensor exp = f.unary(f.unary(f.unary(self)));
    return f.binary(f.binary(exp, 1.1283791670955126), grad);
  }

  private static void both(Registry ops, String name, Keep keep, Derivative derivative) {
    ops.add(name + "(Tensor self)", (p, a) -> List.of(apply(p, a, keep, derivative)));
    inPlaceOnly(ops, name, keep, derivative);
  }

  private static void inPlaceOnly(Registry ops, String name, Keep keep, Derivative derivative) {
    ops.add(name + "_(Tensor(a!) self)", (p, a) -> List.of(applyInPlace(p, a, keep, derivative)));
  }

  /** A function whose other arguments, if any, need no memory. */
  static PaperTensor apply(PaperEngine p, Args a, Keep keep, Derivative derivative) {
    return apply(p, a.op(), a.tensor(0), keep, derivative);
  }

  /** {@code rsqrt} for rules that are composed of it. */
  static PaperTensor rsqrt(PaperEngine p, PaperTensor self) {
    return apply(p, "aten.rsqrt.default", self, Keep.RESULT, Unary::rsqrtBackward);
  }

  static PaperTensor apply(
      PaperEngine p, String op, PaperTensor self, Keep keep, Derivative derivative) {
    GradNode fn = record(p, op, self, keep, derivative);
    if (keep == Keep.SELF) {
      p.save(fn, self);
    }
    DType dtype = floating(op, self.type().dtype());
    PaperTensor result = Pointwise.compute(p, dtype, dtype, self);
    if (keep == Keep.RESULT) {
      p.save(fn, result);
    }
    return p.attach(fn, result);
  }

  /** A function whose gradient is one kernel of the incoming one and the result. */
  static PaperTensor byResult(PaperEngine p, String op, PaperTensor self) {
    return apply(p, op, self, Keep.RESULT, Formula::binary);
  }

  /** The same in place. */
  static PaperTensor inPlaceByResult(PaperEngine p, String op, PaperTensor self) {
    return applyInPlace(p, op, self, Keep.RESULT, Formula::binary);
  }

  /** In place on the first argument. */
  static PaperTensor applyInPlace(PaperEngine p, Args a, Keep keep, Derivative derivative) {
    return applyInPlace(p, a.op(), a.tensor(0), keep, derivative);
  }

  private static PaperTensor applyInPlace(
      PaperEngine p, String op, PaperTensor self, Keep keep, Derivative derivative) {
    GradNode fn = record(p, op, self, keep, derivative);
    @Nullable PaperTensor original = keep == Keep.SELF ? keepOriginal(p, fn, self) : null;
    if (keep == Keep.RESULT) {
      p.save(fn, self);
    }
    PaperTensor result = p.rewrite(fn, self);
    p.releaseIfAny(original);
    return result;
  }

  /**
   * Clones what an in-place operator is about to overwrite, if backward needs it.
   *
   * @return the clone, which the caller drops after the call, or null
   */
  static @Nullable PaperTensor keepOriginal(
      PaperEngine p, @Nullable GradNode fn, PaperTensor self) {
    if (fn == null) {
      return null;
    }
    PaperTensor original = p.empty(Layout.like(self));
    p.save(fn, original);
    return original;
  }

  private static @Nullable GradNode record(
      PaperEngine p, String op, PaperTensor self, Keep keep, Derivative derivative) {
    return p.record(
        op,
        1,
        (e, n, g) -> {
          Formula f = new Formula(e);
          PaperTensor grad = given(g);
          PaperTensor kept = keep == Keep.NOTHING ? grad : n.saved(0);
          return new PaperTensor[] {f.value(derivative.of(f, grad, kept))};
        },
        self);
  }

  /** Functions of analysis turn integers into float32; the others keep the type. */
  private static DType floating(String op, DType dtype) {
    if (Promotion.kind(dtype) >= 2) {
      return dtype;
    }
    return switch (op.split("\\.")[1]) {
      case "relu",
          "clamp",
          "clamp_min",
          "clamp_max",
          "abs",
          "neg",
          "sign",
          "ceil",
          "floor",
          "round",
          "trunc",
          "frac",
          "square" ->
          dtype;
      default -> Promotion.floating(dtype);
    };
  }
}
