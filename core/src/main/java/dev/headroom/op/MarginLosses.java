package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Losses of margins that have kernels of their own: between classes ({@code LossMultiMargin.cpp},
 * {@code LossMultiLabelMargin.cpp}), which read row by row what lies densely, and the soft one of
 * two classes ({@code Loss.cpp}).
 */
final class MarginLosses {
  private static final long NO_REDUCTION = 0;

  private MarginLosses() {}

  static void register(Registry ops) {
    ops.add(
        "multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor?"
            + " weight=None, int reduction=Mean)",
        MarginLosses::ofClass);
    ops.add(
        "multilabel_margin_loss(Tensor self, Tensor target, int reduction=Mean)",
        MarginLosses::ofLabels);
    ops.add("soft_margin_loss(Tensor self, Tensor target, int reduction=Mean)", MarginLosses::soft);
  }

  /** Keeps the input, the target and the weights. */
  private static List<PaperTensor> ofClass(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    @Nullable PaperTensor weight = a.optionalTensor(4);
    TensorType in = self.type();
    long rows = in.rank() < 2 ? 1 : in.size(0);
    if (in.rank() > 2 || target.type().rank() > 1 || target.type().elements() != rows) {
      throw new IllegalArgumentException(
          a.op()
              + ": input is "
              + in
              + " and target "
              + target.type()
              + ", expected (batch, classes) and one class index for each of the batch");
    }
    GradNode fn =
        p.record(
            "MultiMarginLossBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor result = e.empty(Layout.contiguous(in));
              f.contiguous(n.saved(0));
              if (e.backend().isCuda()) {
                f.contiguous(given(g));
              }
              f.contiguous(n.saved(1));
              if (weight != null) {
                f.contiguous(n.saved(2));
              }
              f.end();
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    p.save(fn, target);
    p.save(fn, weight);
    boolean each = a.integer(5) == NO_REDUCTION && target.type().rank() > 0;
    PaperTensor loss = p.empty(lossType(in, rows, each));
    Formula f = new Formula(p);
    f.contiguous(self);
    f.contiguous(target);
    sumOfRows(p, in, rows, a.integer(5));
    f.end();
    return List.of(p.attach(fn, loss));
  }

  private static TensorType lossType(TensorType in, long rows, boolean each) {
    return each ? TensorType.of(in.dtype(), rows) : TensorType.of(in.dtype());
  }

  /** CUDA's kernels leave a loss for each row, which are then added up. */
  private static void sumOfRows(PaperEngine p, TensorType in, long rows, long reduction) {
    if (p.backend().isCuda() && in.rank() == 2 && reduction != NO_REDUCTION) {
      p.releaseIfAny(p.scratch(in.dtype(), rows));
    }
  }

  /** Keeps the input, the target and a mark on each class that is one of the labels. */
  private static List<PaperTensor> ofLabels(PaperEngine p, Args a) {
    Distances.sameShape(a);
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    TensorType in = self.type();
    long rows = in.rank() < 2 ? 1 : in.size(0);
    GradNode fn =
        p.record(
            "MultilabelMarginLossBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor result = e.empty(Layout.contiguous(in));
              extremes(e, n.saved(1).type());
              f.contiguous(n.saved(0));
              f.contiguous(n.saved(1));
              extremes(e, n.saved(2).type());
              if (e.backend().isCuda()) {
                f.contiguous(given(g));
              }
              f.end();
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    p.save(fn, target);
    TensorType marked = Layout.contiguous(target.type()).withDType(in.dtype());
    boolean each = a.integer(2) == NO_REDUCTION && in.rank() == 2;
    Formula f = new Formula(p);
    PaperTensor loss;
    PaperTensor marks;
    if (p.backend().isCuda()) {
      f.contiguous(self);
      f.contiguous(target);
      marks = p.empty(marked);
      loss = p.empty(lossType(in, rows, each));
      sumOfRows(p, in, rows, a.integer(2));
    } else {
      loss = p.empty(lossType(in, rows, each));
      marks = p.empty(marked);
      extremes(p, target.type());
      f.contiguous(self);
      f.contiguous(target);
    }
    f.end();
    p.save(fn, marks);
    p.release(marks);
    return List.of(p.attach(fn, loss));
  }

  /** The CPU looks whether the least and the greatest are in range. */
  private static void extremes(PaperEngine p, TensorType type) {
    for (int i = 0; i < 2 && !p.backend().isCuda(); i++) {
      PaperTensor extreme = p.empty(type.dtype());
      if (!type.isContiguous()) {
        p.release(p.empty(Layout.contiguous(type)));
      }
      p.release(extreme);
    }
  }

  /** Made for all elements and cut down to a scalar: the loss's storage stays large. */
  private static List<PaperTensor> soft(PaperEngine p, Args a) {
    Distances.sameShape(a);
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    GradNode fn =
        p.record(
            "SoftMarginLossBackward0",
            1,
            (e, n, g) -> {
              // z = exp(-target * input); -norm * target * z / (1 + z) * grad, the rest in place.
              Formula f = new Formula(e);
              PaperTensor z = f.value(f.unary(f.binary(f.unary(target), self)));
              Formula product = new Formula(e);
              PaperTensor result = product.value(product.binary(target, z));
              BinaryCrossEntropy.byNumberInPlace(e, result);
              BinaryCrossEntropy.byNumberInPlace(e, z);
              e.release(z);
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    p.save(fn, target);
    PaperTensor each = p.empty(Layout.like(self));
    return List.of(p.attach(fn, BinaryCrossEntropy.cutDown(p, each, a.integer(2))));
  }
}
