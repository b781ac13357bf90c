package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;

/** Comparisons, logic and tests: truth values that nothing is differentiated through. */
final class Comparisons {
  private Comparisons() {}

  static void register(Registry ops) {
    for (String name : List.of("eq", "ne", "lt", "le", "gt", "ge")) {
      ops.add(name + ".Tensor(Tensor self, Tensor other)", Comparisons::compare);
      ops.add(name + ".Scalar(Tensor self, Scalar other)", Comparisons::compare);
    }
    for (String name : List.of("logical_and", "logical_or", "logical_xor")) {
      ops.add(name + "(Tensor self, Tensor other)", Comparisons::compare);
    }
    ops.add("logical_not(Tensor self)", Comparisons::logicalNot);
    for (String name : List.of("logical_not_", "bitwise_not_")) {
      ops.add(name + "(Tensor(a!) self)", Comparisons::inPlace);
    }
    for (String name :
        List.of(
            "logical_and_",
            "logical_or_",
            "logical_xor_",
            "bitwise_and_.Tensor",
            "bitwise_or_.Tensor",
            "bitwise_xor_.Tensor")) {
      ops.add(name + "(Tensor(a!) self, Tensor other)", Comparisons::inPlace);
    }
    ops.add("isnan(Tensor self)", Comparisons::logicalNot);
    ops.add("isfinite(Tensor self)", Comparisons::isFinite);
    ops.add("isinf(Tensor self)", Comparisons::isInfinite);
    for (String name : List.of("bitwise_and", "bitwise_or", "bitwise_xor")) {
      ops.add(name + ".Tensor(Tensor self, Tensor other)", Pointwise::undifferentiated);
      ops.add(name + ".Scalar(Tensor self, Scalar other)", Pointwise::undifferentiated);
    }
    for (String name : List.of("__and__", "__or__", "__xor__")) {
      ops.add(name + ".Tensor(Tensor self, Tensor other)", Pointwise::undifferentiated);
    }
    for (String name :
        List.of(
            "bucketize.Tensor(Tensor self, Tensor boundaries",
            "searchsorted.Tensor(Tensor sorted_sequence, Tensor self")) {
      boolean bucketize = name.startsWith("bucketize");
      ops.add(
          name + ", *, bool out_int32=False, bool right=False)",
          (p, a) ->
              List.of(
                  p.empty(
                      Layout.contiguous(a.tensor(bucketize ? 0 : 1).type())
                          .withDType(a.bool(2) ? DType.INT32 : DType.INT64))));
    }
    ops.add("bitwise_not(Tensor self)", (p, a) -> List.of(p.empty(Layout.like(a.tensor(0)))));
  }

  private static List<PaperTensor> inPlace(PaperEngine p, Args a) {
    if (a.has(1)) {
      Pointwise.inPlace(p, Promotion.common(a.tensor(0), a.tensor(1)), a.tensor(0), a.tensor(1));
    }
    return List.of(p.rewrite(null, a.tensor(0)));
  }

  private static List<PaperTensor> compare(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    if (a.isNumber(1)) {
      return List.of(withNumber(p, self, a.value(1)));
    }
    PaperTensor other = a.tensor(1);
    return List.of(Pointwise.compute(p, Promotion.common(self, other), DType.BOOL, self, other));
  }

  /** Against a number: TensorIterator owns the wrapped number, which goes before its cast. */
  static PaperTensor withNumber(PaperEngine p, PaperTensor self, Object number) {
    PaperTensor wrapped = p.wrap(number);
    DType common = Promotion.common(self, wrapped);
    boolean casts = !p.backend().isCuda();
    PaperTensor selfCast =
        casts && self.type().dtype() != common
            ? p.empty(Layout.like(self).withDType(common))
            : null;
    PaperTensor numberCast = casts && wrapped.type().dtype() != common ? p.empty(common) : null;
    PaperTensor result = p.empty(Layout.pointwise(DType.BOOL, self.type()));
    p.release(wrapped);
    p.releaseIfAny(numberCast);
    p.releaseIfAny(selfCast);
    return result;
  }

  private static List<PaperTensor> logicalNot(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    return List.of(p.empty(Layout.pointwise(DType.BOOL, self.type())));
  }

  /** {@code (self == self) * (self.abs() != inf)}, the right side first. */
  private static List<PaperTensor> isFinite(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    Formula f = new Formula(p);
    PaperTensor bounded = f.compare(f.unary(self), Double.POSITIVE_INFINITY);
    return List.of(f.value(f.binary(f.compare(self, self), bounded)));
  }

  /** {@code self.abs() == inf}. */
  private static List<PaperTensor> isInfinite(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    return List.of(f.value(f.compare(f.unary(a.tensor(0)), Double.POSITIVE_INFINITY)));
  }
}
