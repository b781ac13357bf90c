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
    GradNode fn =
        p.record(
            "BinaryCrossEntropyWithLogitsBackward0",
            1,
            (e, n, g) ->
                new @Nullable PaperTensor[] {
                  n.needs(0) ? logitsGradient(e, self, target, positive, a) : null,
                  n.needs(1) ? logitsTargetGradient(e, given(g), self, positive, a) : null
                },
            self,
            target);
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
      byNumberInPlace(p, factor);
      p.release(f.value(factor));
    }
    PaperTensor each = p.empty(Layout.like(self));
    PaperTensor loss = reduced(p, each, a.integer(4));
    p.release(each);
    p.release(logSigmoid);
    return List.of(p.attach(fn, loss));
  }

  /** An in-place call with an integer, which is wrapped. */
  static void byNumberInPlace(PaperEngine p, PaperTensor tensor) {
    byNumberInPlace(p, tensor, 1L);
  }

  /** The same with any number. */
  static void byNumberInPlace(PaperEngine p, PaperTensor tensor, Object number) {
    PaperTensor wrapped = p.wrap(number);
    Pointwise.inPlace(p, tensor.type().dtype(), tensor, wrapped);
    p.release(wrapped);
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
    return averaged(p, result, a.integer(4));
  }

  private static PaperTensor averaged(PaperEngine p, PaperTensor result, long reduction) {
    if (reduction == MEAN) {
      byNumberInPlace(p, result);
    }
    return result;
  }

  /**
   * {@code -self * grad}; with {@code pos_weight}, {@code log_sigmoid(-self) - log_sigmoid(self) *
   * pos_weight}, the rest in place.
   */
  private static PaperTensor logitsTargetGradient(
      PaperEngine p, PaperTensor grad, PaperTensor self, @Nullable PaperTensor positive, Args a) {
    Formula f = new Formula(p);
    PaperTensor result;
    if (positive == null) {
      result = f.binary(f.unary(self), grad);
    } else {
      result = logSigmoid(f, f.unary(self));
      logSigmoid(f, self);
    }
    return averaged(p, f.value(result), a.integer(4));
  }

  /** {@code log_sigmoid} without gradients: its buffer goes at once. */
  private static PaperTensor logSigmoid(Formula f, PaperTensor self) {
    return f.call("aten.log_sigmoid.default", self);
  }

  /** The loss is made for all elements and cut down to a scalar: its storage stays large. */
  private static List<PaperTensor> ofProbabilities(PaperEngine p, Args a) {
    Distances.sameShape(a);
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "BinaryCrossEntropyBackward0",
            1,
            (e, n, g) ->
                // Each side's is one kernel, the target's logit(self) and the rest in place.
                new @Nullable PaperTensor[] {
                  n.needs(0) ? averaged(e, e.empty(Layout.like(self)), a.integer(3)) : null,
                  n.needs(1) ? averaged(e, e.empty(Layout.like(self)), a.integer(3)) : null
                },
            self,
            a.tensor(1));
    p.save(fn, self);
    p.save(fn, a.tensor(1));
    p.save(fn, a.optionalTensor(2));
    return List.of(p.attach(fn, cutDown(p, p.empty(Layout.like(self)), a.integer(3))));
  }

  /** What a loss of each element, which is taken over, comes to: a scalar in the same storage. */
  static PaperTensor cutDown(PaperEngine p, PaperTensor each, long reduction) {
    if (reduction == NO_REDUCTION) {
      return each;
    }
    PaperTensor loss = p.alias(each, TensorType.of(each.type().dtype()));
    PaperTensor reduced = reduced(p, each, reduction);
    p.release(each);
    p.release(reduced);
    return loss;
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
