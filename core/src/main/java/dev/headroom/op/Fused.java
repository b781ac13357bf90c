package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Element-wise calls of three operands, and clamping. */
final class Fused {
  private Fused() {}

  static void register(Registry ops) {
    String three = "(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)";
    ops.add("addcmul" + three, (p, a) -> addc(p, a, false));
    ops.add("addcdiv" + three, (p, a) -> addc(p, a, true));
    ops.add("lerp.Scalar(Tensor self, Tensor end, Scalar weight)", Fused::lerpScalar);
    ops.add("lerp.Tensor(Tensor self, Tensor end, Tensor weight)", Fused::lerpTensor);
    String range = "Scalar? min=None, Scalar? max=None";
    clamp(ops, "clamp", range);
    clamp(ops, "clamp_min", "Scalar min");
    clamp(ops, "clamp_max", "Scalar max");
  }

  /** {@code self + value * tensor1 * tensor2}, or divided by {@code tensor2}. */
  private static List<PaperTensor> addc(PaperEngine p, Args a, boolean divide) {
    PaperTensor self = a.tensor(0);
    PaperTensor t1 = a.tensor(1);
    PaperTensor t2 = a.tensor(2);
    Object value = a.value(3);
    boolean keep1 = p.records(t2);
    boolean keep2 = divide || p.records(t1);
    GradNode fn =
        p.record(
            divide ? "AddcdivBackward0" : "AddcmulBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              int second = keep1 ? 1 : 0;
              @Nullable PaperTensor[] out = new PaperTensor[3];
              out[0] = n.needs(0) ? e.retain(grad) : null;
              if (n.needs(1)) {
                Formula f = new Formula(e);
                PaperTensor other = n.saved(second);
                out[1] =
                    f.value(
                        divide
                            ? f.binary(grad, f.like(other))
                            : f.binary(grad, f.binary(other, value)));
              }
              if (n.needs(2)) {
                Formula f = new Formula(e);
                PaperTensor first = n.saved(0);
                if (divide) {
                  // -grad * (value * tensor1 / (tensor2 * tensor2)), right sides first.
                  PaperTensor square = f.binary(n.saved(1), n.saved(1));
                  PaperTensor quotient = f.divide(f.binary(first, value), square);
                  out[2] = f.value(f.binary(f.unary(grad), quotient));
                } else {
                  out[2] = f.value(f.binary(grad, f.binary(first, value)));
                }
              }
              return out;
            },
            self,
            t1,
            t2);
    if (keep1) {
      p.save(fn, t1);
    }
    if (keep2) {
      p.save(fn, t2);
    }
    DType common = Promotion.common(self, t1, t2);
    return List.of(p.attach(fn, Pointwise.compute(p, common, common, self, t1, t2)));
  }

  private static List<PaperTensor> lerpScalar(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor end = a.tensor(1);
    GradNode fn =
        p.record(
            "LerpBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              for (int i = 0; i < 2; i++) {
                Formula f = new Formula(e);
                out[i] = n.needs(i) ? f.value(f.binary(given(g), 1.0)) : null;
              }
              return out;
            },
            self,
            end);
    DType dtype = self.type().dtype();
    return List.of(p.attach(fn, Pointwise.compute(p, dtype, dtype, self, end)));
  }

  private static List<PaperTensor> lerpTensor(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor end = a.tensor(1);
    PaperTensor weight = a.tensor(2);
    boolean ends = p.records(weight);
    GradNode fn =
        p.record(
            "LerpBackward1",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              @Nullable PaperTensor[] out = new PaperTensor[3];
              int weightAt = n.needs(2) ? 2 : 0;
              if (n.needs(1)) {
                Formula f = new Formula(e);
                out[1] = f.value(f.binary(grad, n.saved(weightAt)));
              }
              if (n.needs(0)) {
                Formula f = new Formula(e);
                out[0] = f.value(f.binary(grad, f.like(n.saved(weightAt))));
              }
              if (n.needs(2)) {
                Formula f = new Formula(e);
                PaperTensor difference = f.binary(n.saved(0), n.saved(1));
                out[2] = f.value(f.binary(grad, difference));
              }
              return out;
            },
            self,
            end,
            weight);
    if (ends) {
      p.save(fn, end);
      p.save(fn, self);
    }
    if (p.records(self, end)) {
      p.save(fn, weight);
    }
    DType dtype = self.type().dtype();
    return List.of(p.attach(fn, Pointwise.compute(p, dtype, dtype, self, end, weight)));
  }

  private static void clamp(Registry ops, String name, String bounds) {
    ops.add(name + "(Tensor self, " + bounds + ")", (p, a) -> clamp(p, a, name, false));
    ops.add(name + "_(Tensor(a!) self, " + bounds + ")", (p, a) -> clamp(p, a, name, true));
  }

  /** Keeps the input; the gradient passes where the input lies within the bounds. */
  private static List<PaperTensor> clamp(PaperEngine p, Args a, String name, boolean inPlace) {
    boolean single = !name.equals("clamp");
    boolean min = single || a.has(1);
    boolean max = !single && a.has(2);
    Object low = min ? a.value(1) : 0L;
    Object high = max ? a.value(2) : 0L;
    Unary.Derivative derivative =
        (f, grad, self) -> {
          if (single) {
            PaperTensor zero = f.scalarTensor(grad.type().dtype());
            return f.where(f.compare(self, low), grad, zero);
          }
          PaperTensor zero = f.scalarTensor(grad.type().dtype());
          PaperTensor inside = f.compare(self, min ? low : high);
          if (min && max) {
            f.compare(self, high);
          }
          return f.where(inside, grad, zero);
        };
    return List.of(
        inPlace
            ? Unary.applyInPlace(p, a, Unary.Keep.SELF, derivative)
            : Unary.apply(p, a, Unary.Keep.SELF, derivative));
  }
}
