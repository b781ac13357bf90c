package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Losses of yes and no, and Huber's, which is made alike ({@code aten/src/ATen/native/Loss.cpp}): a
 * value for each element, then a mean or a sum of them.
 */
final class BinaryCrossEntropy {
  private static final long NO_REDUCTION = 0;
  private static final long MEAN = 1;

  private BinaryCrossEntropy() {}

  static void register(Registry ops) {
    ops.add(
        "binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor?"
            + " pos_weight=None, int reduction=Mean)",
        BinaryCrossEntropy::ofLogits);
    ops.add(
        "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean)",
        BinaryCrossEntropy::ofProbabilities);
    ops.add(
        "huber_loss(Tensor self, Tensor target, int reduction=Mean, float delta=1.0)",
        BinaryCrossEntropy::huber);
  }

  /**
   * {@code (1 - target) * input - log_sigmoid(input)}, in place but for two; keeps both sides and
   * the weights.
   */
  private static List<PaperTensor> ofLogits(PaperEngine p, Args a) {
    Distances.sameShape(a);
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    PaperTensor positive = a.optionalTensor(3);
    withoutTargetGradient(p, a);
    GradNode fn =
        p.record(
            "BinaryCrossEntropyWithLogitsBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {logitsGradient(e, self, target, positive, a)},
            self);
    p.save(fn, positive);
    p.save(fn, self);
    p.save(fn, target);
    p.save(fn, a.optionalTensor(2));
    PaperTensor logSigmoid = p.empty(Layout.like(self));
    p.release(p.empty(Layout.like(self)));
    if (positive != null) {
      // log_weight = (pos_weight - 1) * target + 1
      Formula f = new Formula(p);
      PaperTensor factor = f.binary(f.binary(positive, 1L), target);
      addInPlace(p, factor);
      p.release(f.value(factor));
    }
    PaperTensor each = p.empty(Layout.like(self));
    PaperTensor loss = reduced(p, each, a.integer(4));
    p.release(each);
    p.release(logSigmoid);
    return List.of(p.attach(fn, loss));
  }

  private static void withoutTargetGradient(PaperEngine p, Args a) {
    if (p.records(a.tensor(1))) {
      throw new UnsupportedOperatorException(a.op(), "with a target that takes a gradient");
    }
  }

  private static void addInPlace(PaperEngine p, PaperTensor tensor) {
    PaperTensor number = p.wrap(1L);
    Pointwise.inPlace(p, tensor.type().dtype(), tensor, number);
    p.release(number);
  }

  private static PaperTensor reduced(PaperEngine p, PaperTensor each, long reduction) {
    PaperTensor loss = reduction == NO_REDUCTION ? p.retain(each) : p.empty(each.type().dtype());
    if (reduction == MEAN) {
      Reduction.divideSum(p, loss);
    }
    return loss;
  }

  /** {@code (sigmoid(input) - target) * grad} in place, divided by their number for a mean. */
  private static PaperTensor logitsGradient(
      PaperEngine p, PaperTensor self, PaperTensor target, @Nullable PaperTensor positive, Args a) {
    PaperTensor result;
    if (positive == null) {
      result = p.empty(Layout.like(self));
    } else {
      // (pos_weight * target + 1 - target) * sigmoid(input) - pos_weight * target
      Formula f = new Formula(p);
      PaperTensor weighted = f.binary(positive, target);
      PaperTensor more = f.binary(weighted, 1L);
      p.release(p.empty(Layout.like(self)));
      result = f.value(more);
    }
    if (a.integer(4) == MEAN) {
      addInPlace(p, result);
    }
    return result;
  }

  /** The loss is made for all elements and cut down to a scalar: its storage stays large. */
  private static List<PaperTensor> ofProbabilities(PaperEngine p, Args a) {
    Distances.sameShape(a);
    withoutTargetGradient(p, a);
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "BinaryCrossEntropyBackward0",
            1,
            (e, n, g) -> {
              PaperTensor result = e.empty(Layout.like(self));
              if (a.integer(3) == MEAN) {
                addInPlace(e, result);
              }
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    p.save(fn, a.tensor(1));
    p.save(fn, a.optionalTensor(2));
    PaperTensor each = p.empty(Layout.like(self));
    if (a.integer(3) == NO_REDUCTION) {
      return List.of(p.attach(fn, each));
    }
    PaperTensor loss = p.alias(each, TensorType.of(self.type().dtype()));
    PaperTensor reduced = reduced(p, each, a.integer(3));
    p.release(each);
    p.release(reduced);
    return List.of(p.attach(fn, loss));
  }

  private static List<PaperTensor> huber(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    GradNode fn =
        p.record(
            "HuberLossBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              for (int i = 0; i < 2; i++) {
                out[i] = n.needs(i) ? e.empty(Layout.contiguous(n.saved(i).type())) : null;
              }
              return out;
            },
            self,
            target);
    p.save(fn, self);
    p.save(fn, target);
    DType common = Promotion.common(self, target);
    PaperTensor each = Pointwise.compute(p, common, common, self, target);
    PaperTensor loss = reduced(p, each, a.integer(2));
    p.release(each);
    return List.of(p.attach(fn, loss));
  }
}
