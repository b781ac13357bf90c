package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One C++ full expression of ATen calls, such as a derivative formula: nothing is recorded, and
 * what the calls return lives until the expression ends, when all but its value go, the youngest
 * first.
 *
 * <pre>{@code
 * Formula f = new Formula(p);
 * return f.value(f.binary(grad, f.unary(self)));   // grad * self.cos()
 * }</pre>
 */
final class Formula {
  private final PaperEngine p;
  private final List<PaperTensor> temporaries = new ArrayList<>();

  Formula(PaperEngine p) {
    this.p = p;
  }

  /** Ends the expression: everything but its value goes. */
  PaperTensor value(PaperTensor result) {
    boolean found = false;
    for (int i = temporaries.size() - 1; i >= 0; i--) {
      PaperTensor temporary = temporaries.get(i);
      if (temporary == result && !found) {
        found = true;
      } else {
        p.release(temporary);
      }
    }
    temporaries.clear();
    return found ? result : p.retain(result);
  }

  /** Ends an expression whose value nobody wants. */
  void end() {
    for (PaperTensor temporary : temporaries.reversed()) {
      p.release(temporary);
    }
    temporaries.clear();
  }

  /** Ends an expression whose named values go in an order of their own. */
  void endIn(PaperTensor... order) {
    for (PaperTensor each : order) {
      temporaries.remove(each);
      p.release(each);
    }
    end();
  }

  /** A call of another operator, as a composite makes it: recorded if gradients are. */
  PaperTensor call(String op, @Nullable Object... args) {
    return calls(op, args).getFirst();
  }

  /** The same with all results. */
  List<PaperTensor> calls(String op, @Nullable Object... args) {
    List<PaperTensor> results = p.call(op, args);
    results.forEach(this::keep);
    return results;
  }

  /** Lets something live until the end of the expression. */
  PaperTensor keep(PaperTensor owned) {
    temporaries.add(owned);
    return owned;
  }

  /** Arithmetic of tensors. */
  PaperTensor binary(PaperTensor a, PaperTensor b) {
    DType common = Promotion.common(a, b);
    return keep(Pointwise.compute(p, common, common, a, b));
  }

  /** A true division: integers become floating. */
  PaperTensor divide(PaperTensor a, PaperTensor b) {
    DType common = Promotion.floating(Promotion.common(a, b));
    return keep(Pointwise.compute(p, common, common, a, b));
  }

  /** Arithmetic with a number, which is wrapped into a tensor for the time of the call. */
  PaperTensor binary(PaperTensor a, Object number) {
    PaperTensor wrapped = p.wrap(number);
    DType common = Promotion.common(a, wrapped);
    PaperTensor result = Pointwise.compute(p, common, common, a, wrapped);
    p.release(wrapped);
    return keep(result);
  }

  /** A comparison of tensors. */
  PaperTensor compare(PaperTensor a, PaperTensor b) {
    return keep(Pointwise.compute(p, Promotion.common(a, b), DType.BOOL, a, b));
  }

  /** A comparison with a number. */
  PaperTensor compare(PaperTensor a, Object number) {
    return keep(Comparisons.withNumber(p, a, number));
  }

  /** A function of each element, of the same type. */
  PaperTensor unary(PaperTensor a) {
    return keep(p.empty(Layout.pointwise(a.type().dtype(), a.type())));
  }

  /** {@code zeros_like}, {@code empty_like}. */
  PaperTensor like(PaperTensor a) {
    return keep(p.empty(Layout.like(a)));
  }

  /** {@code scalar_tensor} of a type: a number that is an ordinary tensor. */
  PaperTensor scalarTensor(DType dtype) {
    return keep(p.empty(dtype));
  }

  /** {@code where}: the branches are cast to their common type first. */
  PaperTensor where(PaperTensor condition, PaperTensor a, PaperTensor b) {
    return keep(Where.compute(p, condition, a, b));
  }

  /** {@code contiguous()}: the same tensor, or a copy. */
  PaperTensor contiguous(PaperTensor a) {
    return keep(a.type().isContiguous() ? p.retain(a) : p.empty(Layout.contiguous(a.type())));
  }

  /** {@code sum} over dimensions. */
  PaperTensor sum(PaperTensor a, List<Long> dims, boolean keepDim) {
    return keep(Reduce.sum(p, a, dims, keepDim, null));
  }

  /** A view. */
  PaperTensor view(PaperTensor a, TensorType type) {
    return keep(p.view(a, type));
  }
}
