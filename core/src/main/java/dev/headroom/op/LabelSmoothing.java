package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

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
   * @param smoothing part of the target that is spread over all classes
   */
  static PaperTensor loss(
      PaperEngine p,
      PaperTensor logProbabilities,
      PaperTensor target,
      long reduction,
      long ignoreIndex,
      double smoothing) {
    long dim = logProbabilities.type().rank() == 1 ? 0 : 1;
    long classes = logProbabilities.type().size((int) dim);
    PaperTensor nll = Losses.nllLoss(p, logProbabilities, target, reduction);
    PaperTensor sum = one(p, "aten.sum.dim_IntList", logProbabilities, List.of(dim));
    PaperTensor smooth = one(p, "aten.neg.default", sum);
    p.release(sum);
    PaperTensor ignored = one(p, "aten.eq.Scalar", target, ignoreIndex);
    p.release(one(p, "aten.masked_fill_.Scalar", smooth, ignored, 0.0));
    PaperTensor reduced = reduced(p, smooth, ignored, reduction);
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
      PaperEngine p, PaperTensor smooth, PaperTensor ignored, long reduction) {
    if (reduction == NO_REDUCTION) {
      return p.retain(smooth);
    }
    if (reduction != MEAN) {
      return one(p, "aten.sum.default", smooth);
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

  private static PaperTensor one(PaperEngine p, String op, Object... args) {
    return p.call(op, args).getFirst();
  }
}
