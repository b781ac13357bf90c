package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Functions of two tensors with broadcasting and type promotion: the larger one, angles, lengths. A
 * gradient comes out as large as the result; the engine sums it back to its operand ({@code
 * sum_to}).
 */
final class Extremes {
  private Extremes() {}

  /** Gradient of one operand. */
  @FunctionalInterface
  interface Side {
    /** Returns an owned gradient; operands are null where they were not kept. */
    PaperTensor gradient(
        Formula f, PaperTensor grad, @Nullable PaperTensor self, @Nullable PaperTensor other);
  }

  /** When an operand is kept for backward. */
  enum Keep {
    NEVER,
    /** If this gradient is wanted. */
    FOR_SELF,
    FOR_OTHER,
    ALWAYS
  }

  /**
   * A function of two operands.
   *
   * @param keepSelf when the first operand is kept
   * @param keepOther when the second operand is kept
   * @param floating whether integers become floating
   */
  record Binary(Keep keepSelf, Keep keepOther, boolean floating, Side self, Side other) {}

  private static final Binary EXTREME =
      new Binary(Keep.ALWAYS, Keep.ALWAYS, false, Extremes::extreme, Extremes::extreme);

  private static final Binary NUMBERS_FIRST =
      new Binary(Keep.ALWAYS, Keep.ALWAYS, false, Extremes::number, Extremes::number);

  static void register(Registry ops) {
    for (String name : List.of("maximum", "minimum")) {
      ops.add(name + "(Tensor self, Tensor other)", (p, a) -> apply(p, a, EXTREME));
    }
    for (String name : List.of("fmax", "fmin")) {
      ops.add(name + "(Tensor self, Tensor other)", (p, a) -> apply(p, a, NUMBERS_FIRST));
    }
    ops.add("atan2(Tensor self, Tensor other)", Extremes::angle);
    ops.add("xlogy.Tensor(Tensor self, Tensor other)", Extremes::xlogy);
    ops.add("special_xlogy(Tensor self, Tensor other)", Extremes::xlogy);
    ops.add("logaddexp(Tensor self, Tensor other)", (p, a) -> apply(p, a, LOG_ADD_EXP));
    ops.add("hypot(Tensor self, Tensor other)", Extremes::hypotenuse);
  }

  private static final Binary LOG_ADD_EXP =
      new Binary(
          Keep.ALWAYS,
          Keep.ALWAYS,
          true,
          (f, g, x, y) -> f.divide(g, f.binary(f.unary(f.binary(there(y), there(x))), 1L)),
          (f, g, x, y) -> f.divide(g, f.binary(f.unary(f.binary(there(x), there(y))), 1L)));

  /** {@code grad * (self / result)}; both sides and the result are kept. */
  private static List<PaperTensor> hypotenuse(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = a.tensor(1);
    GradNode fn =
        p.record(
            "HypotBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              for (int i = 1; i >= 0; i--) {
                if (n.needs(i)) {
                  Formula f = new Formula(e);
                  out[i] = f.value(f.divide(f.binary(given(g), n.saved(1 - i)), n.saved(2)));
                }
              }
              return out;
            },
            self,
            other);
    PaperTensor result = keepingBoth(p, fn, self, other);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /**
   * {@code atan2_backward}: both sides are multiplied by {@code 1 / (self * self + other * other)},
   * zeros of which are masked, in one expression.
   */
  private static List<PaperTensor> angle(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = a.tensor(1);
    GradNode fn =
        p.record(
            "Atan2Backward0",
            1,
            (e, n, g) -> {
              PaperTensor x = n.saved(1);
              PaperTensor y = n.saved(0);
              Formula all = new Formula(e);
              Formula squares = new Formula(e);
              PaperTensor right = squares.binary(y, y);
              PaperTensor sum =
                  all.keep(squares.value(squares.binary(squares.binary(x, x), right)));
              PaperTensor inverse = all.unary(sum);
              Formula mask = new Formula(e);
              mask.compare(sum, 0L);
              mask.end();
              @Nullable PaperTensor[] out = new PaperTensor[2];
              if (n.needs(0)) {
                out[0] = e.retain(all.binary(all.binary(given(g), y), inverse));
              }
              if (n.needs(1)) {
                out[1] = e.retain(all.binary(all.binary(given(g), all.unary(x)), inverse));
              }
              all.end();
              return out;
            },
            self,
            other);
    return List.of(p.attach(fn, keepingBoth(p, fn, self, other)));
  }

  /**
   * {@code self * log(other)}: {@code grad * self / other}, and {@code xlogy(grad, other)} but for
   * zeros.
   */
  private static List<PaperTensor> xlogy(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = a.tensor(1);
    GradNode fn =
        p.record(
            "XlogyBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor x = n.saved(1);
              PaperTensor y = n.saved(0);
              @Nullable PaperTensor[] out = new PaperTensor[2];
              if (n.needs(1)) {
                Formula f = new Formula(e);
                out[1] = f.value(f.divide(f.binary(grad, x), y));
              }
              if (n.needs(0)) {
                Formula f = new Formula(e);
                PaperTensor logs = f.binary(grad, y);
                PaperTensor low = f.compare(y, 0.0);
                f.compare(f.compare(x, 0.0), low);
                PaperTensor filled = f.keep(e.empty(Layout.contiguous(logs.type())));
                out[0] = f.value(filled);
              }
              return out;
            },
            self,
            other);
    return List.of(p.attach(fn, keepingBoth(p, fn, self, other)));
  }

  /** Keeps both sides, the second first; the result is of a floating type. */
  private static PaperTensor keepingBoth(
      PaperEngine p, @Nullable GradNode fn, PaperTensor self, PaperTensor other) {
    p.save(fn, other);
    p.save(fn, self);
    DType common = Promotion.floating(Promotion.common(self, other));
    return Pointwise.compute(p, common, common, self, other);
  }

  private static PaperTensor there(@Nullable PaperTensor kept) {
    if (kept == null) {
      throw new IllegalStateException("an operand was not kept for backward");
    }
    return kept;
  }

  /** {@code grad / 2} where both are equal, 0 where this one did not win. */
  private static PaperTensor extreme(
      Formula f, PaperTensor g, @Nullable PaperTensor x, @Nullable PaperTensor y) {
    PaperTensor half = f.binary(g, 2L);
    PaperTensor split = f.where(f.compare(there(x), there(y)), half, g);
    f.compare(there(x), there(y));
    return split;
  }

  /** {@code grad}, with zeros where this one did not win; what is no number never does. */
  private static PaperTensor number(
      Formula f, PaperTensor g, @Nullable PaperTensor x, @Nullable PaperTensor y) {
    f.compare(there(x), there(y));
    f.compare(there(y), there(y));
    return f.unary(g);
  }

  /** {@code maximum} by its other name. */
  static List<PaperTensor> ofTwo(PaperEngine p, Args a) {
    return apply(p, a, EXTREME);
  }

  static List<PaperTensor> apply(PaperEngine p, Args a, Binary op) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = Pointwise.operand(p, a, 1);
    Saves saves = new Saves();
    GradNode fn = record(p, a.op(), op, self, other, saves);
    saves.keep(p, fn, op, self, other);
    DType common = Promotion.common(self, other);
    common = op.floating() ? Promotion.floating(common) : common;
    PaperTensor result = Pointwise.compute(p, common, common, self, other);
    p.release(other);
    return List.of(p.attach(fn, result));
  }

  static List<PaperTensor> inPlace(PaperEngine p, Args a, Binary op) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = Pointwise.operand(p, a, 1);
    Saves saves = new Saves();
    GradNode fn = record(p, a.op(), op, self, other, saves);
    @Nullable PaperTensor original = null;
    if (fn != null && saves.wants(op.keepSelf(), fn)) {
      original = p.empty(Layout.like(self));
    }
    saves.keep(p, fn, op, original == null ? self : original, other);
    Pointwise.inPlace(p, self.type().dtype(), self, other);
    PaperTensor result = p.rewrite(fn, self);
    p.releaseIfAny(original);
    p.release(other);
    return List.of(result);
  }

  private static @Nullable GradNode record(
      PaperEngine p, String name, Binary op, PaperTensor self, PaperTensor other, Saves saves) {
    return p.record(
        name,
        1,
        (e, n, g) -> {
          PaperTensor grad = given(g);
          @Nullable PaperTensor x = saves.self < 0 ? null : n.saved(saves.self);
          @Nullable PaperTensor y = saves.other < 0 ? null : n.saved(saves.other);
          @Nullable PaperTensor[] out = new PaperTensor[2];
          for (int i = 0; i < 2; i++) {
            if (n.needs(i)) {
              Formula f = new Formula(e);
              out[i] = f.value((i == 0 ? op.self() : op.other()).gradient(f, grad, x, y));
            }
          }
          return out;
        },
        self,
        other);
  }

  /** Where the operands went among what a node saved. */
  private static final class Saves {
    int self = -1;
    int other = -1;

    boolean wants(Keep keep, GradNode fn) {
      return switch (keep) {
        case NEVER -> false;
        case FOR_SELF -> fn.needs(0);
        case FOR_OTHER -> fn.needs(1);
        case ALWAYS -> true;
      };
    }

    /** Saves by name: other comes before self, as in the generated code. */
    void keep(
        PaperEngine p, @Nullable GradNode fn, Binary op, PaperTensor first, PaperTensor second) {
      if (fn == null) {
        return;
      }
      int count = 0;
      if (wants(op.keepOther(), fn)) {
        p.save(fn, second);
        other = count++;
      }
      if (wants(op.keepSelf(), fn)) {
        p.save(fn, first);
        self = count;
      }
    }
  }
}
