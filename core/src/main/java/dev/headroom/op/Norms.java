package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Vector norms, logsumexp, cumsum, prod and cosine similarity. */
final class Norms {
  private Norms() {}

  static void register(Registry ops) {
    ops.add(
        "linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *,"
            + " ScalarType? dtype=None)",
        (p, a) ->
            List.of(norm(p, a.tensor(0), a.number(1), a.has(2) ? a.integers(2) : null, a.bool(3))));
    ops.add(
        "linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *,"
            + " ScalarType? dtype=None)",
        Norms::vectorNorm);
    ops.add(
        "norm.Scalar(Tensor self, Scalar p=2)",
        (p, a) -> List.of(norm(p, a.tensor(0), a.number(1), null, false)));
    ops.add(
        "norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False)",
        (p, a) ->
            List.of(norm(p, a.tensor(0), a.has(1) ? a.number(1) : 2, a.integers(2), a.bool(3))));
    ops.add(
        "linalg_matrix_norm.str_ord(Tensor self, str ord='fro', int[] dim=[-2,-1], bool"
            + " keepdim=False, *, ScalarType? dtype=None)",
        Norms::matrixNorm);
    ops.add(
        "frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False)",
        (p, a) -> List.of(norm(p, a.tensor(0), 2, a.integers(1), a.bool(2))));
    ops.add("dist(Tensor self, Tensor other, Scalar p=2)", Norms::distance);
    ops.add("logsumexp(Tensor self, int[1] dim, bool keepdim=False)", Norms::logSumExp);
    ops.add("prod(Tensor self, *, ScalarType? dtype=None)", Norms::product);
    ops.add(
        "prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None)",
        Norms::productOverDim);
    ops.add("cumsum(Tensor self, int dim, *, ScalarType? dtype=None)", Norms::cumulativeSum);
  }

  /** Keeps input and result. */
  static PaperTensor norm(
      PaperEngine p, PaperTensor self, double order, @Nullable List<Long> dims, boolean keepDim) {
    TensorType type = self.type();
    List<Integer> over = Reduce.dims(type, dims);
    GradNode fn =
        p.record(
            "LinalgVectorNormBackward0",
            1,
            (e, n, g) ->
                new @Nullable PaperTensor[] {normBackward(e, n, given(g), order, over, keepDim)},
            self);
    p.save(fn, self);
    PaperTensor result = p.empty(Reduce.reduced(type, over, keepDim, type.dtype()));
    p.save(fn, result);
    return p.attach(fn, result);
  }

  private static @Nullable PaperTensor normBackward(
      PaperEngine e,
      GradNode n,
      PaperTensor grad,
      double order,
      List<Integer> over,
      boolean keepDim) {
    PaperTensor self = n.saved(0);
    PaperTensor wide = Reduce.restored(e, grad, self.type(), over, keepDim);
    PaperTensor norm = Reduce.restored(e, n.saved(1), self.type(), over, keepDim);
    List<Long> dims = over.stream().map(Integer::longValue).toList();
    PaperTensor result = NormOrders.backward(e, self, wide, norm, order, dims);
    e.release(norm);
    e.release(wide);
    return result;
  }

  /** Of vectors; of a matrix only without an order, which is that of its values in a row. */
  private static List<PaperTensor> vectorNorm(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    List<Long> dims = a.has(2) ? a.integers(2) : null;
    if (a.has(1) && (dims == null ? self.type().rank() : dims.size()) != 1) {
      throw new UnsupportedOperatorException(a.op(), "of order " + a.value(1) + " of a matrix");
    }
    return List.of(norm(p, self, a.has(1) ? a.number(1) : 2, dims, a.bool(3)));
  }

  /** Frobenius' norm is that of all values in a row. */
  private static List<PaperTensor> matrixNorm(PaperEngine p, Args a) {
    String order = a.value(1).toString().replaceAll("[\"']", "");
    if (!order.equals("fro")) {
      throw new UnsupportedOperatorException(a.op(), "of order " + order);
    }
    return List.of(norm(p, a.tensor(0), 2, a.integers(2), a.bool(3)));
  }

  /** The norm of a difference, which is taken again in backward, once for each side. */
  private static List<PaperTensor> distance(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = a.tensor(1);
    double order = a.number(2);
    GradNode fn =
        p.record(
            "DistBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              for (int i = 1; i >= 0; i--) {
                if (n.needs(i)) {
                  Formula f = new Formula(e);
                  PaperTensor difference = f.binary(n.saved(1), n.saved(0));
                  PaperTensor gradient =
                      NormOrders.backward(e, difference, given(g), n.saved(2), order, List.of());
                  if (gradient != null) {
                    f.keep(gradient);
                    out[i] = f.value(i == 0 ? gradient : f.unary(gradient));
                  } else {
                    f.end();
                  }
                }
              }
              return out;
            },
            self,
            other);
    p.save(fn, other);
    p.save(fn, self);
    Formula f = new Formula(p);
    PaperTensor result = p.empty(f.binary(self, other).type().dtype());
    f.end();
    p.save(fn, result);
    return List.of(p.attach(fn, result));
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

  /** Keeps nothing; backward is the sum from the other end, between two flips. */
  private static List<PaperTensor> cumulativeSum(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "CumsumBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              if (grad.type().elements() <= 1) {
                return new PaperTensor[] {e.retain(grad)};
              }
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.like(f.like(f.like(grad))))};
            },
            self);
    boolean whole = Promotion.kind(type.dtype()) < 2;
    var dtype =
        a.dtype(2) != null ? a.dtype(2) : whole ? dev.headroom.tensor.DType.INT64 : type.dtype();
    TensorType result = TensorType.of(dtype, type.shape());
    PaperTensor out = p.empty(result);
    if (dtype != type.dtype()) {
      p.release(p.empty(Layout.like(type).withDType(dtype)));
    }
    return List.of(p.attach(fn, out));
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
    p.save(fn, self);
    PaperTensor result = p.empty(self.type().dtype());
    p.save(fn, result);
    return List.of(p.attach(fn, result));
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
    p.save(fn, self);
    PaperTensor result = p.empty(Reduce.reduced(type, over, keepDim, type.dtype()));
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }
}
