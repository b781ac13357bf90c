package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code norm_backward} of {@code FunctionsManual.cpp}, order by order: what is left of the values
 * when the power is taken, times the gradient by what is left of the norm.
 */
final class NormOrders {
  private NormOrders() {}

  /**
   * The gradient of what a norm was taken of; none of a count of values that are not 0.
   *
   * @param wide the norm's gradient, looked at with the dimensions that were summed over
   * @param norm the norm, looked at in the same way
   * @param over the dimensions that were summed over
   */
  static @Nullable PaperTensor backward(
      PaperEngine e,
      PaperTensor self,
      PaperTensor wide,
      PaperTensor norm,
      double order,
      List<Long> over) {
    Formula f = new Formula(e);
    if (order == 0) {
      return null;
    }
    if (order == 1) {
      return f.value(f.binary(f.unary(self), wide));
    }
    if (order == 2) {
      PaperTensor quotient = f.divide(self, norm);
      f.compare(norm, 0L);
      return f.value(f.binary(wide, quotient));
    }
    if (Double.isInfinite(order)) {
      return ofExtremes(e, self, wide, norm, over);
    }
    PaperTensor scaled = scaled(e, self, order);
    PaperTensor result;
    if (order < 1) {
      PaperTensor power = f.unary(norm);
      result = f.value(f.binary(f.binary(scaled, wide), power));
    } else {
      PaperTensor scale = scale(e, wide, norm);
      result = f.value(f.binary(scaled, scale));
      e.release(scale);
    }
    e.release(scaled);
    return result;
  }

  /** {@code sgn(self) * abs(self) ** (order - 1)}; the power, and zeros of it, in place. */
  private static PaperTensor scaled(PaperEngine e, PaperTensor self, double order) {
    Formula f = new Formula(e);
    PaperTensor power = f.unary(self);
    if (order < 1) {
      f.compare(self, 0L);
    }
    return f.value(f.binary(order < 2 ? f.unary(self) : self, power));
  }

  /** {@code grad / norm ** (order - 1)}, zeros where the norm is 0. */
  private static PaperTensor scale(PaperEngine e, PaperTensor wide, PaperTensor norm) {
    Formula f = new Formula(e);
    PaperTensor scale = f.value(f.divide(wide, f.unary(norm)));
    Formula zeros = new Formula(e);
    zeros.compare(norm, 0L);
    zeros.end();
    return scale;
  }

  /** The gradient is shared by those that are as large as the norm. */
  private static PaperTensor ofExtremes(
      PaperEngine e, PaperTensor self, PaperTensor wide, PaperTensor norm, List<Long> over) {
    Formula f = new Formula(e);
    PaperTensor absolute = f.unary(self);
    Formula either = new Formula(e);
    PaperTensor none = either.compare(absolute, absolute);
    PaperTensor mask = f.keep(either.value(either.compare(either.compare(absolute, norm), none)));
    Formula all = new Formula(e);
    PaperTensor share = all.binary(all.divide(wide, all.sum(mask, over, true)), mask);
    PaperTensor result = all.value(all.binary(all.unary(self), share));
    return f.value(f.keep(result));
  }
}
