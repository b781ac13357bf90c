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

/** Choices by a mask: where and masked_fill. */
final class Where {
  private Where() {}

  static void register(Registry ops) {
    ops.add("where.self(Tensor condition, Tensor self, Tensor other)", Where::where);
    ops.add("where.ScalarSelf(Tensor condition, Scalar self, Tensor other)", Where::where);
    ops.add("where.ScalarOther(Tensor condition, Tensor self, Scalar other)", Where::where);
    ops.add("where.Scalar(Tensor condition, Scalar self, Scalar other)", Where::where);
    ops.add("masked_fill.Scalar(Tensor self, Tensor mask, Scalar value)", Where::maskedFill);
    ops.add("masked_fill.Tensor(Tensor self, Tensor mask, Tensor value)", Where::maskedFill);
    ops.add(
        "masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value)",
        Where::maskedFillInPlace);
    ops.add(
        "masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value)",
        Where::maskedFillInPlace);
  }

  /** {@code where} without history: branches of another type are cast first. */
  static PaperTensor compute(PaperEngine p, PaperTensor condition, PaperTensor a, PaperTensor b) {
    DType common = Promotion.common(a, b);
    @Nullable PaperTensor first = cast(p, a, common);
    @Nullable PaperTensor second = cast(p, b, common);
    PaperTensor out =
        p.empty(
            Layout.pointwise(
                common,
                condition.type(),
                (first == null ? a : first).type(),
                (second == null ? b : second).type()));
    p.releaseIfAny(second);
    p.releaseIfAny(first);
    return out;
  }

  private static @Nullable PaperTensor cast(PaperEngine p, PaperTensor t, DType to) {
    return t.type().dtype() == to ? null : p.empty(Layout.like(t).withDType(to));
  }

  /** Keeps the condition; backward is {@code where(condition, grad, 0)} and its mirror image. */
  private static List<PaperTensor> where(PaperEngine p, Args a) {
    PaperTensor condition = a.tensor(0);
    DType common = common(a);
    PaperTensor self = branch(p, a, 1, common);
    PaperTensor other = branch(p, a, 2, common);
    GradNode fn =
        p.record(
            "WhereBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              for (int i = 0; i < 2; i++) {
                if (n.needs(i)) {
                  Formula f = new Formula(e);
                  PaperTensor grad = given(g);
                  PaperTensor zero = f.scalarTensor(grad.type().dtype());
                  out[i] =
                      f.value(
                          i == 0
                              ? f.where(n.saved(0), grad, zero)
                              : f.where(n.saved(0), zero, grad));
                }
              }
              return out;
            },
            self,
            other);
    p.save(fn, condition);
    PaperTensor result = compute(p, condition, self, other);
    p.release(other);
    p.release(self);
    return List.of(p.attach(fn, result));
  }

  /** What both branches become: a number is weaker than a tensor unless of a higher kind. */
  private static DType common(Args a) {
    if (a.isNumber(1) && a.isNumber(2)) {
      return Promotion.promote(number(a, 1), number(a, 2));
    }
    if (!a.isNumber(1) && !a.isNumber(2)) {
      return Promotion.common(a.tensor(1), a.tensor(2));
    }
    int tensor = a.isNumber(1) ? 2 : 1;
    DType own = a.tensor(tensor).type().dtype();
    DType weak = number(a, 3 - tensor);
    return Promotion.kind(weak) > Promotion.kind(own) ? weak : own;
  }

  private static DType number(Args a, int index) {
    return switch (a.value(index)) {
      case Boolean b -> DType.BOOL;
      case Long l -> DType.INT64;
      default -> DType.FLOAT32;
    };
  }

  /** A branch: a number becomes a tensor of the common type. */
  private static PaperTensor branch(PaperEngine p, Args a, int index, DType common) {
    return a.isNumber(index) ? p.empty(common) : p.retain(a.tensor(index));
  }

  /**
   * Keeps the mask; backward is {@code grad.masked_fill(mask, 0)}. A value that is trained gets the
   * sum of what the mask selects of the gradient: the most there can be.
   */
  private static @Nullable GradNode maskedFillNode(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor value = a.optionalTensor(2);
    GradNode fn =
        p.record(
            "MaskedFillBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor forSelf = n.needs(0) ? e.empty(filled(grad, n.saved(0))) : null;
              PaperTensor forValue = null;
              if (n.needs(1)) {
                PaperTensor chosen = MaskSelection.chosen(e, grad.type(), n.saved(0).type());
                forValue = e.empty(grad.type().dtype());
                e.release(chosen);
              }
              return new @Nullable PaperTensor[] {forSelf, forValue};
            },
            self,
            value);
    p.save(fn, a.tensor(1));
    if (fn != null && value != null && fn.needs(1)) {
      p.bounded(MaskSelection.BOUND);
    }
    return fn;
  }

  /** A row-major copy of what self is after broadcasting with the mask. */
  private static TensorType filled(PaperTensor self, PaperTensor mask) {
    return TensorType.of(
        self.type().dtype(), Layout.broadcast(self.type().shape(), mask.type().shape()));
  }

  private static List<PaperTensor> maskedFill(PaperEngine p, Args a) {
    GradNode fn = maskedFillNode(p, a);
    return List.of(p.attach(fn, p.empty(filled(a.tensor(0), a.tensor(1)))));
  }

  private static List<PaperTensor> maskedFillInPlace(PaperEngine p, Args a) {
    return List.of(p.rewrite(maskedFillNode(p, a), a.tensor(0)));
  }
}
