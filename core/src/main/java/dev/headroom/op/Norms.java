package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Norms of vectors, of matrices as rows of values, and of differences. */
final class Norms {
  private Norms() {}

  static void register(Registry ops) {
    ops.add(
        "linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *,"
            + " ScalarType? dtype=None)",
        (p, a) ->
            List.of(
                norm(
                    p,
                    a.tensor(0),
                    a.number(1),
                    a.has(2) ? a.integers(2) : null,
                    a.bool(3),
                    a.dtype(4))));
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
        "norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype)",
        (p, a) -> List.of(typed(p, a, null, false, a.dtype(2))));
    ops.add(
        "norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType"
            + " dtype)",
        (p, a) -> List.of(typed(p, a, a.integers(2), a.bool(3), a.dtype(4))));
    ops.add(
        "linalg_matrix_norm.str_ord(Tensor self, str ord='fro', int[] dim=[-2,-1], bool"
            + " keepdim=False, *, ScalarType? dtype=None)",
        Norms::matrixNorm);
    ops.add(
        "linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *,"
            + " ScalarType? dtype=None)",
        Norms::matrixNorm);
    ops.add(
        "frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False)",
        (p, a) -> List.of(norm(p, a.tensor(0), 2, a.integers(1), a.bool(2))));
    ops.add("dist(Tensor self, Tensor other, Scalar p=2)", Norms::distance);
  }

  static PaperTensor norm(
      PaperEngine p, PaperTensor self, double order, @Nullable List<Long> dims, boolean keepDim) {
    return norm(p, self, order, dims, keepDim, null);
  }

  /** Keeps input and result. */
  private static PaperTensor norm(
      PaperEngine p,
      PaperTensor self,
      double order,
      @Nullable List<Long> dims,
      boolean keepDim,
      @Nullable DType dtype) {
    List<Integer> over = Reduce.dims(self.type(), dims);
    GradNode fn =
        p.record(
            "LinalgVectorNormBackward0",
            1,
            (e, n, g) ->
                new @Nullable PaperTensor[] {
                  normBackward(e, n, n.saved(0), given(g), order, over, keepDim)
                },
            self);
    return norm(p, fn, self, over, keepDim, dtype);
  }

  /** As {@code norm} with a type is differentiated: by way of the values in the gradient's type. */
  private static PaperTensor typed(
      PaperEngine p, Args a, @Nullable List<Long> dims, boolean keepDim, @Nullable DType dtype) {
    PaperTensor self = a.tensor(0);
    double order = a.has(1) ? a.number(1) : 2;
    List<Integer> over = Reduce.dims(self.type(), dims);
    GradNode fn =
        p.record(
            "NormBackward3",
            1,
            (e, n, g) -> {
              PaperTensor values = Copies.to(e, n.saved(0), given(g).type().dtype(), false);
              @Nullable PaperTensor result =
                  normBackward(e, n, values, given(g), order, over, keepDim);
              e.release(values);
              return new @Nullable PaperTensor[] {result};
            },
            self);
    return norm(p, fn, self, over, keepDim, dtype);
  }

  private static PaperTensor norm(
      PaperEngine p,
      @Nullable GradNode fn,
      PaperTensor self,
      List<Integer> over,
      boolean keepDim,
      @Nullable DType wanted) {
    p.save(fn, self);
    DType dtype = wanted == null ? self.type().dtype() : wanted;
    PaperTensor result = p.empty(Reduce.reduced(self.type(), over, keepDim, dtype));
    Reduction.cast(p, self.type(), dtype);
    p.save(fn, result);
    return p.attach(fn, result);
  }

  private static @Nullable PaperTensor normBackward(
      PaperEngine e,
      GradNode n,
      PaperTensor self,
      PaperTensor grad,
      double order,
      List<Integer> over,
      boolean keepDim) {
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
    return List.of(norm(p, self, a.has(1) ? a.number(1) : 2, dims, a.bool(3), a.dtype(4)));
  }

  /** Frobenius' norm is that of all values in a row. */
  private static List<PaperTensor> matrixNorm(PaperEngine p, Args a) {
    String order = a.value(1).toString().replaceAll("[\"']", "");
    if (!order.equals("fro")) {
      throw new UnsupportedOperatorException(a.op(), "of order " + order);
    }
    List<Long> dims = a.has(2) || !a.op().endsWith("ord_str") ? a.integers(2) : null;
    return List.of(norm(p, a.tensor(0), 2, dims, a.bool(3), a.dtype(4)));
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
}
