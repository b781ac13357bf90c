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
 * Sums, means and extremes of what an index sends to one place, as networks of graphs have them
 * ({@code TensorAdvancedIndexing.cpp}, {@code scatter_reduce_backward} of {@code
 * FunctionsManual.cpp}). Keeps index, input, source and result.
 */
final class ScatterReduce {
  private ScatterReduce() {}

  static void register(Registry ops) {
    for (String self : List.of(".two(Tensor self", "_.two(Tensor(a!) self")) {
      ops.add(
          "scatter_reduce"
              + self
              + ", int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)",
          ScatterReduce::rule);
    }
  }

  private static List<PaperTensor> rule(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor index = a.tensor(2);
    PaperTensor source = a.tensor(3);
    String reduce = a.value(4).toString().replace("\"", "");
    boolean included = a.bool(5);
    if (!List.of("sum", "mean", "prod", "amax", "amin").contains(reduce)) {
      throw new IllegalArgumentException(
          a.op() + ": reduce is " + reduce + ", expected sum, mean, prod, amax or amin");
    }
    TensorType part = TensorType.of(source.type().dtype(), index.type().shape());
    GradNode fn =
        p.record(
            "ScatterReduceBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out =
                  switch (reduce) {
                    case "sum" -> sums(e, given(g), part);
                    case "prod" -> products(e, given(g), n, part);
                    case "mean" -> means(e, given(g), n.saved(2), n.saved(1), part);
                    default -> extremes(e, given(g), n, part);
                  };
              PaperTensor whole = out[0];
              if (!included && whole != null) {
                // What was there before took no part where something was sent to.
                out[0] = e.empty(Layout.like(whole));
                e.release(whole);
              }
              // Both are computed, wanted or not.
              for (int i = 0; i < out.length; i++) {
                if (!n.needs(i)) {
                  e.releaseIfAny(out[i]);
                  out[i] = null;
                }
              }
              return out;
            },
            self,
            source);
    boolean inPlace = Indexing.inPlace(a.op());
    p.save(fn, index);
    if (inPlace) {
      p.releaseIfAny(Unary.keepOriginal(p, fn, self));
    } else {
      p.save(fn, self);
    }
    p.save(fn, source);
    PaperTensor result = inPlace ? p.retain(self) : p.empty(Layout.like(self));
    if (reduce.equals("mean")) {
      Formula f = new Formula(p);
      PaperTensor ones = f.like(source);
      PaperTensor count = f.like(self);
      PaperTensor none = f.compare(count, 0L);
      f.endIn(none, count, ones);
    }
    p.save(fn, result);
    if (inPlace) {
      p.release(result);
      return List.of(p.rewrite(fn, self));
    }
    return List.of(p.attach(fn, result));
  }

  private static @Nullable PaperTensor[] sums(PaperEngine e, PaperTensor grad, TensorType part) {
    return new @Nullable PaperTensor[] {e.retain(grad), e.empty(part)};
  }

  /** Both shares are divided by how many met. */
  private static @Nullable PaperTensor[] means(
      PaperEngine e, PaperTensor grad, PaperTensor source, PaperTensor self, TensorType part) {
    PaperTensor one = e.empty(Layout.like(self));
    PaperTensor ones = e.empty(Layout.like(source));
    PaperTensor count = e.empty(Layout.like(self));
    e.release(one);
    e.release(ones);
    PaperTensor none = Comparisons.withNumber(e, count, 0L);
    e.release(none);
    PaperTensor forSelf = e.empty(Layout.like(grad));
    PaperTensor gathered = e.empty(part);
    PaperTensor counts = e.empty(part);
    PaperTensor forSource = e.empty(part);
    e.release(counts);
    e.release(gathered);
    e.release(count);
    return new @Nullable PaperTensor[] {forSelf, forSource};
  }

  /**
   * Products of the others, found by division; zeros are taken for ones, and where a single zero of
   * the source made the product 0, it is multiplied anew without.
   */
  private static @Nullable PaperTensor[] products(
      PaperEngine e, PaperTensor grad, GradNode saved, TensorType part) {
    PaperTensor self = saved.saved(1);
    PaperTensor source = saved.saved(2);
    PaperTensor result = saved.saved(3);
    Formula all = new Formula(e);
    Formula masking = new Formula(e);
    masking.compare(self, 0L);
    PaperTensor maskedSelf = all.keep(masking.value(masking.unary(self)));
    PaperTensor withoutZeros = all.like(self);
    Formula f = new Formula(e);
    PaperTensor forSelf = f.value(f.divide(f.binary(grad, withoutZeros), maskedSelf));
    PaperTensor isZero = all.compare(source, 0L);
    Formula counting = new Formula(e);
    counting.like(self);
    counting.keep(e.empty(Layout.like(source).withDType(self.type().dtype())));
    counting.like(self);
    PaperTensor zeros = all.keep(counting.value(counting.keep(e.empty(part))));
    Formula either = new Formula(e);
    PaperTensor one = either.compare(zeros, 1L);
    PaperTensor single = all.keep(either.value(either.compare(isZero, one)));
    all.unary(source);
    PaperTensor anew = all.like(self);
    Formula choice = new Formula(e);
    PaperTensor masked = choice.unary(source);
    choice.binary(grad, result);
    PaperTensor quotient = choice.divide(choice.keep(e.empty(part)), masked);
    choice.binary(grad, anew);
    PaperTensor other = choice.keep(e.empty(part));
    PaperTensor forSource = choice.value(choice.where(single, other, quotient));
    all.end();
    return new @Nullable PaperTensor[] {forSelf, forSource};
  }

  /** Equals of the extreme share its gradient. */
  private static @Nullable PaperTensor[] extremes(
      PaperEngine e, PaperTensor grad, GradNode saved, TensorType part) {
    PaperTensor self = saved.saved(1);
    PaperTensor source = saved.saved(2);
    PaperTensor value = e.empty(part);
    PaperTensor isSelf = equal(e, self, self.type().dtype());
    PaperTensor isSource = equal(e, source, source.type().dtype());
    PaperTensor count = e.empty(Layout.like(self));
    PaperTensor shared = e.empty(Layout.like(grad));
    PaperTensor forSelf = share(e, self, shared, null);
    PaperTensor forSource = share(e, source, shared, part);
    e.release(shared);
    e.release(count);
    e.release(isSource);
    e.release(isSelf);
    e.release(value);
    return new @Nullable PaperTensor[] {forSelf, forSource};
  }

  private static PaperTensor equal(PaperEngine e, PaperTensor one, DType dtype) {
    PaperTensor is = e.empty(Layout.like(one).withDType(DType.BOOL));
    PaperTensor number = e.empty(Layout.like(one).withDType(dtype));
    e.release(is);
    return number;
  }

  private static PaperTensor share(
      PaperEngine e, PaperTensor one, PaperTensor shared, @Nullable TensorType part) {
    Formula f = new Formula(e);
    PaperTensor mine = part == null ? shared : f.keep(e.empty(part));
    return f.value(f.binary(mine, f.compare(one, one)));
  }
}
