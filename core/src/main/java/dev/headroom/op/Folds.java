package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;

/** Products, and logarithms of sums of exponentials. */
final class Folds {
  private Folds() {}

  static void register(Registry ops) {
    ops.add("logsumexp(Tensor self, int[1] dim, bool keepdim=False)", Folds::logSumExp);
    ops.add("prod(Tensor self, *, ScalarType? dtype=None)", Folds::product);
    ops.add(
        "prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None)",
        Folds::productOverDim);
  }

  /** Keeps input and result. */
  private static List<PaperTensor> logSumExp(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<Integer> over = Reduce.dims(type, a.integers(1));
    boolean keepDim = a.bool(2);
    GradNode fn =
        p.record(
            "LogsumexpBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor wide = f.keep(Reduce.restored(e, given(g), type, over, keepDim));
              PaperTensor result = f.keep(Reduce.restored(e, n.saved(1), type, over, keepDim));
              PaperTensor exp = f.unary(f.binary(n.saved(0), result));
              return new PaperTensor[] {f.value(f.binary(wide, exp))};
            },
            self);
    p.save(fn, self);
    TensorType reduced = Reduce.reduced(type, over, keepDim, type.dtype());
    PaperTensor maxes = p.empty(Reduce.reduced(type, over, true, type.dtype()));
    Formula infinite = new Formula(p);
    PaperTensor absolute = infinite.unary(maxes);
    infinite.compare(absolute, Double.POSITIVE_INFINITY);
    infinite.end();
    Formula f = new Formula(p);
    PaperTensor exp = f.value(f.binary(self, maxes));
    PaperTensor result = p.empty(reduced);
    p.release(exp);
    p.release(maxes);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /** Keeps input and result; the gradient is that of an input without zeros. */
  private static List<PaperTensor> product(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "ProdBackward0",
            1,
            (e, n, g) -> {
              e.release(Comparisons.withNumber(e, n.saved(0), 0L));
              Formula f = new Formula(e);
              PaperTensor quotient = f.divide(n.saved(1), n.saved(0));
              return new PaperTensor[] {f.value(f.binary(given(g), quotient))};
            },
            self);
    return Reduce.keepingBoth(p, fn, self, TensorType.of(self.type().dtype()));
  }

  private static List<PaperTensor> productOverDim(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<Integer> over = List.of(Layout.wrap(a.integer(1), type.rank()));
    boolean keepDim = a.bool(2);
    GradNode fn =
        p.record(
            "ProdBackward1",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor wide = f.keep(Reduce.restored(e, given(g), type, over, keepDim));
              PaperTensor result = f.keep(Reduce.restored(e, n.saved(1), type, over, keepDim));
              PaperTensor mask = f.compare(n.saved(0), 0L);
              PaperTensor zeros = f.sum(mask, List.of((long) over.getFirst()), true);
              e.release(Reduce.sum(e, zeros, null, false, null));
              Formula inner = new Formula(e);
              PaperTensor out = inner.value(inner.binary(wide, inner.divide(result, n.saved(0))));
              return new PaperTensor[] {f.value(f.keep(out))};
            },
            self);
    return Reduce.keepingBoth(p, fn, self, Reduce.reduced(type, over, keepDim, type.dtype()));
  }
}
