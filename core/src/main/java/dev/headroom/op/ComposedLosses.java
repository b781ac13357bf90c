package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

/**
 * Losses that ATen composes of other operators ({@code aten/src/ATen/native/Loss.cpp}): each call
 * is recorded by autograd. Where C++ leaves the order of operands open, the right one comes first.
 */
final class ComposedLosses {
  private static final double EPSILON = 1e-12;
  private static final long MEAN = 1;

  private ComposedLosses() {}

  static void register(Registry ops) {
    ops.add(
        "margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, int"
            + " reduction=Mean)",
        ComposedLosses::marginRanking);
    ops.add(
        "hinge_embedding_loss(Tensor self, Tensor target, float margin=1.0, int reduction=Mean)",
        ComposedLosses::hinge);
    ops.add(
        "cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, int"
            + " reduction=Mean)",
        ComposedLosses::cosine);
    ops.add(
        "triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1.0,"
            + " float p=2, float eps=1e-06, bool swap=False, int reduction=Mean)",
        ComposedLosses::triplet);
    ops.add(
        "kl_div(Tensor self, Tensor target, int reduction=Mean, *, bool log_target=False)",
        ComposedLosses::divergence);
    ops.add(
        "poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps, int"
            + " reduction)",
        ComposedLosses::poisson);
  }

  /** {@code apply_loss_reduction}; what it was made of goes when the function returns. */
  private static List<PaperTensor> reduced(Formula f, PaperTensor each, long reduction) {
    if (reduction == 0) {
      return List.of(f.value(each));
    }
    String op = reduction == MEAN ? "aten.mean.default" : "aten.sum.default";
    return List.of(f.value(f.call(op, each)));
  }

  /** {@code -target * (input1 - input2) + margin}, cut off below 0 in place. */
  private static List<PaperTensor> marginRanking(PaperEngine p, Args a) {
    Formula e = new Formula(p);
    PaperTensor difference = e.call("aten.sub.Tensor", a.tensor(0), a.tensor(1));
    PaperTensor product =
        e.call("aten.mul.Tensor", e.call("aten.neg.default", a.tensor(2)), difference);
    PaperTensor output = e.value(e.call("aten.add.Scalar", product, a.number(3)));
    Formula f = new Formula(p);
    f.keep(output);
    p.release(p.call("aten.clamp_min_.default", output, 0L).getFirst());
    return reduced(f, output, a.integer(4));
  }

  private static List<PaperTensor> hinge(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    PaperTensor zeros = f.call("aten.zeros_like.default", self);
    PaperTensor clamped = f.keep(numberMinus(p, self));
    p.release(p.call("aten.clamp_min_.default", clamped, 0L).getFirst());
    PaperTensor far = f.keep(where(p, target, 1L, clamped, zeros));
    PaperTensor near = f.keep(where(p, target, -1L, self, zeros));
    return reduced(f, f.call("aten.add.Tensor", far, near), a.integer(3));
  }

  /** {@code number - tensor} in C++: {@code empty_like(tensor).fill_(number).sub_(tensor)}. */
  private static PaperTensor numberMinus(PaperEngine p, PaperTensor tensor) {
    Formula e = new Formula(p);
    PaperTensor filled = e.call("aten.empty_like.default", tensor);
    return e.value(e.call("aten.sub_.Tensor", filled, tensor));
  }

  private static PaperTensor where(
      PaperEngine p, PaperTensor target, long not, PaperTensor a, PaperTensor b) {
    return where(p, "aten.ne.Scalar", target, not, a, b);
  }

  private static PaperTensor where(
      PaperEngine p, String compare, PaperTensor target, long to, PaperTensor a, PaperTensor b) {
    Formula e = new Formula(p);
    return e.value(e.call("aten.where.self", e.call(compare, target, to), a, b));
  }

  private static List<PaperTensor> cosine(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    PaperTensor x = a.tensor(0);
    PaperTensor y = a.tensor(1);
    PaperTensor target = a.tensor(2);
    long over = target.type().rank();
    PaperTensor together = f.keep(summed(p, x, y, over, 0));
    PaperTensor first = f.keep(summed(p, x, x, over, EPSILON));
    PaperTensor second = f.keep(summed(p, y, y, over, EPSILON));
    Formula e = new Formula(p);
    PaperTensor squared = e.call("aten.mul.Tensor", first, second);
    PaperTensor lengths = f.keep(e.value(e.call("aten.sqrt_.default", squared)));
    PaperTensor cosine = f.call("aten.div.Tensor", together, lengths);
    PaperTensor zeros = f.call("aten.zeros_like.default", cosine);
    PaperTensor alike = f.keep(numberMinus(p, cosine));
    PaperTensor unlike = f.call("aten.sub.Scalar", cosine, a.number(3));
    p.release(p.call("aten.clamp_min_.default", unlike, 0L).getFirst());
    PaperTensor positive = f.keep(where(p, "aten.eq.Scalar", target, 1, alike, zeros));
    PaperTensor negative = f.keep(where(p, "aten.eq.Scalar", target, -1, unlike, zeros));
    return reduced(f, f.call("aten.add.Tensor", positive, negative), a.integer(4));
  }

  private static PaperTensor summed(
      PaperEngine p, PaperTensor x, PaperTensor y, long over, double more) {
    Formula e = new Formula(p);
    PaperTensor product = e.call("aten.mul.Tensor", x, y);
    PaperTensor sum = e.call("aten.sum.dim_IntList", product, List.of(over));
    return e.value(more == 0 ? sum : e.call("aten.add.Scalar", sum, more));
  }

  private static List<PaperTensor> triplet(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    String distance = "aten.pairwise_distance.default";
    PaperTensor near = f.call(distance, a.tensor(0), a.tensor(1), a.number(4), a.number(5));
    Formula either = new Formula(p);
    PaperTensor far = either.call(distance, a.tensor(0), a.tensor(2), a.number(4), a.number(5));
    if (a.bool(6)) {
      PaperTensor swapped =
          either.call(distance, a.tensor(1), a.tensor(2), a.number(4), a.number(5));
      far = either.call("aten.minimum.default", far, swapped);
    }
    far = f.keep(either.value(far));
    Formula e = new Formula(p);
    PaperTensor more = e.call("aten.add.Scalar", near, a.number(3));
    PaperTensor excess = e.call("aten.sub.Tensor", more, far);
    PaperTensor output = f.keep(e.value(e.call("aten.clamp_min.default", excess, 0L)));
    return reduced(f, output, a.integer(7));
  }

  private static List<PaperTensor> divergence(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    Formula e = new Formula(p);
    PaperTensor output;
    if (a.bool(3)) {
      PaperTensor difference = e.call("aten.sub.Tensor", target, self);
      output = e.call("aten.mul.Tensor", e.call("aten.exp.default", target), difference);
    } else {
      PaperTensor product = e.call("aten.mul.Tensor", target, self);
      output = e.call("aten.sub.Tensor", e.call("aten.xlogy.Tensor", target, target), product);
    }
    Formula f = new Formula(p);
    return reduced(f, f.keep(e.value(output)), a.integer(2));
  }

  private static List<PaperTensor> poisson(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor target = a.tensor(1);
    Formula e = new Formula(p);
    PaperTensor loss;
    if (a.bool(2)) {
      PaperTensor product = e.call("aten.mul.Tensor", target, self);
      loss = e.call("aten.sub.Tensor", e.call("aten.exp.default", self), product);
    } else {
      PaperTensor log = e.call("aten.log.default", e.call("aten.add.Scalar", self, a.number(4)));
      loss = e.call("aten.sub.Tensor", self, e.call("aten.mul.Tensor", target, log));
    }
    Formula f = new Formula(p);
    f.keep(e.value(loss));
    if (a.bool(3)) {
      addStirling(p, loss, target);
    }
    return reduced(f, loss, a.integer(5));
  }

  /**
   * {@code target * log(target) - target + 0.5 * log(2 * pi * target)}, added in place where the
   * target is above 1.
   */
  private static void addStirling(PaperEngine p, PaperTensor loss, PaperTensor target) {
    Formula e = new Formula(p);
    PaperTensor circle = e.call("aten.mul.Scalar", target, 2 * Math.PI);
    PaperTensor half = e.call("aten.mul.Scalar", e.call("aten.log.default", circle), 0.5);
    PaperTensor product = e.call("aten.mul.Tensor", target, e.call("aten.log.default", target));
    PaperTensor difference = e.call("aten.sub.Tensor", product, target);
    PaperTensor term = e.value(e.call("aten.add.Tensor", difference, half));
    PaperTensor small = e.call("aten.le.Scalar", target, 1L);
    PaperTensor filled = e.call("aten.masked_fill.Scalar", term, small, 0L);
    p.release(p.call("aten.add_.Tensor", loss, filled, 1L).getFirst());
    e.end();
    p.release(term);
  }
}
