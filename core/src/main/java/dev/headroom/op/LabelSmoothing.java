package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy against class indices, mixed with the mean over all classes ({@code
 * cross_entropy_loss_label_smoothing} in aten/src/ATen/native/LossNLL.cpp): a composite of other
 * operators, each recorded by autograd.
 */
final class LabelSmoothing {
  private static final long NO_REDUCTION = 0;
  private static final long MEAN = 1;

  private LabelSmoothing() {}

  /**
   * The loss.
   *
   * @param logProbabilities log_softmax of the input, borrowed
   * @param target class indices
   * @param weight of each class, or null
   * @param smoothing part of the target that is spread over all classes
   */
  static PaperTensor loss(
      PaperEngine p,
      PaperTensor logProbabilities,
      PaperTensor target,
      @Nullable PaperTensor weight,
      long reduction,
      long ignoreIndex,
      double smoothing) {
    long dim = logProbabilities.type().rank() == 1 ? 0 : 1;
    long classes = logProbabilities.type().size((int) dim);
    PaperTensor nll = Losses.nllLoss(p, logProbabilities, target, weight, reduction);
    Formula e = new Formula(p);
    PaperTensor weighted = weighted(e, logProbabilities, weight, (int) dim);
    PaperTensor sum = e.call("aten.sum.dim_IntList", weighted, List.of(dim));
    PaperTensor smooth = e.value(e.call("aten.neg.default", sum));
    PaperTensor ignored = one(p, "aten.eq.Scalar", target, ignoreIndex);
    p.release(one(p, "aten.masked_fill_.Scalar", smooth, ignored, 0.0));
    PaperTensor reduced = reduced(p, smooth, ignored, target, weight, reduction);
    PaperTensor first = one(p, "aten.mul.Scalar", nll, 1 - smoothing);
    PaperTensor second = one(p, "aten.mul.Scalar", reduced, smoothing / classes);
    PaperTensor loss = one(p, "aten.add.Tensor", first, second);
    p.release(second);
    p.release(first);
    p.release(reduced);
    p.release(ignored);
    p.release(smooth);
    p.release(nll);
    return loss;
  }

  private static PaperTensor reduced(
      PaperEngine p,
      PaperTensor smooth,
      PaperTensor ignored,
      PaperTensor target,
      @Nullable PaperTensor weight,
      long reduction) {
    if (reduction == NO_REDUCTION) {
      return p.retain(smooth);
    }
    if (reduction != MEAN) {
      return one(p, "aten.sum.default", smooth);
    }
    if (weight != null) {
      Formula e = new Formula(p);
      PaperTensor counted = e.call("aten.bitwise_not.default", ignored);
      PaperTensor classes = e.call("aten.masked_select.default", target, counted);
      PaperTensor each = e.call("aten.gather.default", weight, 0L, classes);
      PaperTensor weights = e.call("aten.sum.default", each);
      return e.value(e.call("aten.div.Tensor", e.call("aten.sum.default", smooth), weights));
    }
    PaperTensor counted = one(p, "aten.bitwise_not.default", ignored);
    // The compiler evaluates the divisor first.
    PaperTensor count = one(p, "aten.sum.default", counted);
    PaperTensor total = one(p, "aten.sum.default", smooth);
    PaperTensor mean = one(p, "aten.div.Tensor", total, count);
    p.release(total);
    p.release(count);
    p.release(counted);
    return mean;
  }

  /** {@code cross_entropy_loss_prob_target}: against a share for each class. */
  static PaperTensor ofProbabilities(
      PaperEngine p,
      PaperTensor logProbabilities,
      PaperTensor target,
      @Nullable PaperTensor weight,
      long reduction,
      double smoothing) {
    TensorType type = logProbabilities.type();
    int dim = type.rank() == 1 ? 0 : 1;
    Formula f = new Formula(p);
    PaperTensor shares = target;
    if (smoothing > 0) {
      Formula e = new Formula(p);
      PaperTensor scaled = e.call("aten.mul.Scalar", target, 1 - smoothing);
      shares = f.keep(e.value(e.call("aten.add.Scalar", scaled, smoothing / type.size(dim))));
    }
    Formula e = new Formula(p);
    PaperTensor product = e.call("aten.mul.Tensor", logProbabilities, shares);
    PaperTensor each = weighted(e, product, weight, dim);
    PaperTensor sum =
        reduction == NO_REDUCTION
            ? e.call("aten.sum.dim_IntList", each, List.of((long) dim))
            : e.call("aten.sum.default", each);
    PaperTensor loss = e.call("aten.neg.default", sum);
    if (reduction == MEAN) {
      loss = e.call("aten.div.Scalar", loss, type.elements() / type.size(dim));
    }
    return f.value(f.keep(e.value(loss)));
  }

  /** Each class times its weight, which is seen in the input's shape. */
  private static PaperTensor weighted(
      Formula e, PaperTensor values, @Nullable PaperTensor weight, int dim) {
    if (weight == null) {
      return values;
    }
    List<Long> shape = new ArrayList<>(Collections.nCopies(values.type().rank(), 1L));
    shape.set(dim, values.type().size(dim));
    return e.call("aten.mul.Tensor", values, e.call("aten.view.default", weight, shape));
  }

  private static PaperTensor one(PaperEngine p, String op, Object... args) {
    return p.call(op, args).getFirst();
  }
}
