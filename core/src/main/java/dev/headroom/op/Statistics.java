package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Variance and standard deviation; both keep their input, the latter its result too. */
final class Statistics {
  private Statistics() {}

  static void register(Registry ops) {
    for (boolean root : new boolean[] {false, true}) {
      String name = root ? "std" : "var";
      ops.add(
          name + "(Tensor self, bool unbiased=True)", (p, a) -> spread(p, a, null, false, root));
      ops.add(
          name + ".dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)",
          (p, a) -> spread(p, a, dims(a), a.bool(3), root));
      ops.add(
          name
              + ".correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
              + " bool keepdim=False)",
          (p, a) -> spread(p, a, dims(a), a.bool(3), root));
      ops.add(
          name
              + "_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
              + " bool keepdim=False)",
          (p, a) -> withMean(p, a, root));
      ops.add(
          name + "_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)",
          (p, a) -> withMean(p, a, root));
      ops.add(
          name + "_mean(Tensor self, bool unbiased=True)",
          (p, a) -> p.call("aten." + name + "_mean.correction", a.tensor(0), null, null, false));
    }
  }

  private static @Nullable List<Long> dims(Args a) {
    return a.has(1) ? a.integers(1) : null;
  }

  private static List<PaperTensor> spread(
      PaperEngine p, Args a, @Nullable List<Long> dims, boolean keepDim, boolean root) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            root ? "StdBackward0" : "VarBackward0",
            1,
            (e, n, g) ->
                new PaperTensor[] {
                  root
                      ? stdBackward(e, given(g), n.saved(0), n.saved(1), dims, keepDim)
                      : varBackward(e, given(g), n.saved(0), dims, keepDim)
                },
            self);
    p.save(fn, self);
    boolean whole =
        dims == null
            || dims.isEmpty()
            || Reduce.dims(self.type(), dims).size() == self.type().rank();
    PaperTensor result;
    if (whole && !keepDim && self.type().isContiguous() && !p.backend().isCuda()) {
      result = allAtOnce(p, self);
    } else {
      result =
          p.empty(
              Reduce.reduced(
                  self.type(), Reduce.dims(self.type(), dims), keepDim, self.type().dtype()));
    }
    if (root) {
      p.save(fn, result);
    }
    return List.of(p.attach(fn, result));
  }

  /** A contiguous tensor as a whole: the mean is computed first, {@code std_var_all_reduce_cpu}. */
  private static PaperTensor allAtOnce(PaperEngine p, PaperTensor self) {
    PaperTensor result = p.empty(TensorType.of(self.type().dtype()));
    p.release(Reduce.mean(p, self, null, false, null));
    return result;
  }

  /** {@code 2 / (n - correction) * grad * (self - self.mean())}. */
  private static PaperTensor varBackward(
      PaperEngine e,
      PaperTensor grad,
      PaperTensor self,
      @Nullable List<Long> dims,
      boolean keepDim) {
    Formula f = new Formula(e);
    TensorType type = self.type();
    boolean whole = dims == null;
    PaperTensor mean = f.keep(Reduce.mean(e, self, dims, !whole, null));
    PaperTensor centred = f.binary(self, mean);
    PaperTensor wide =
        whole || keepDim || type.rank() <= 1
            ? grad
            : f.keep(Reduce.restored(e, grad, type, Reduce.dims(type, dims), false));
    return f.value(f.binary(f.binary(wide, 2.0), centred));
  }

  /** {@code (grad / (result * 2)).masked_fill_(result == 0, 0)}, then as the variance. */
  private static PaperTensor stdBackward(
      PaperEngine e,
      PaperTensor grad,
      PaperTensor self,
      PaperTensor result,
      @Nullable List<Long> dims,
      boolean keepDim) {
    Formula f = new Formula(e);
    PaperTensor quotient = f.divide(grad, f.binary(result, 2L));
    f.compare(result, 0L);
    PaperTensor forVariance = f.value(quotient);
    PaperTensor out = varBackward(e, forVariance, self, dims, keepDim);
    e.release(forVariance);
    return out;
  }

  private static List<PaperTensor> withMean(PaperEngine p, Args a, boolean root) {
    PaperTensor self = a.tensor(0);
    List<Long> dims = dims(a);
    boolean keepDim = a.bool(3);
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "VarMeanBackward0",
            2,
            (e, n, g) -> {
              Formula f = new Formula(e);
              @Nullable PaperTensor sum = null;
              PaperTensor first = g[0];
              if (first != null) {
                sum = varOrStd(e, n, first, dims, keepDim, root);
              }
              PaperTensor second = g[1];
              if (second != null) {
                PaperTensor wide =
                    f.keep(Reduce.expanded(e, second, type, Reduce.dims(type, dims), keepDim));
                PaperTensor part = f.binary(wide, 1L);
                if (sum != null) {
                  PaperTensor both = f.binary(part, f.keep(sum));
                  return new PaperTensor[] {f.value(both)};
                }
                sum = f.value(part);
              }
              return new PaperTensor[] {sum};
            },
            self);
    p.save(fn, self);
    TensorType reduced = Reduce.reduced(type, Reduce.dims(type, dims), keepDim, type.dtype());
    PaperTensor spread = p.empty(reduced);
    PaperTensor mean = p.empty(reduced);
    if (root) {
      p.save(fn, spread);
    }
    return List.of(p.attach(fn, spread, 0), p.attach(fn, mean, 1));
  }

  private static PaperTensor varOrStd(
      PaperEngine e,
      GradNode n,
      PaperTensor grad,
      @Nullable List<Long> dims,
      boolean keepDim,
      boolean root) {
    return root
        ? stdBackward(e, grad, n.saved(0), n.saved(1), dims, keepDim)
        : varBackward(e, grad, n.saved(0), dims, keepDim);
  }
}
