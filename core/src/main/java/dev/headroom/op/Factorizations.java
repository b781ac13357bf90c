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

/** Cholesky's factors, and logarithms of determinants from the factors of LU. */
final class Factorizations {
  private Factorizations() {}

  static void register(Registry ops) {
    ops.add("linalg_cholesky(Tensor self, *, bool upper=False)", Factorizations::cholesky);
    ops.add("cholesky(Tensor self, bool upper=False)", Factorizations::cholesky);
    ops.add("linalg_slogdet(Tensor A)", Factorizations::signAndLogarithm);
    ops.add("slogdet(Tensor self)", Factorizations::signAndLogarithm);
    ops.add("logdet(Tensor self)", Factorizations::logarithm);
  }

  /** Keeps the factor. */
  private static List<PaperTensor> cholesky(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    LuSolving.square(a.op(), in);
    GradNode fn =
        p.record(
            "LinalgCholeskyExBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {choleskyBackward(e, n.saved(0), given(g), a.bool(1))},
            a.tensor(0));
    PaperTensor result = p.empty(LuSolving.byColumns(in));
    PaperTensor codes = LuSolving.codes(p, in);
    p.save(fn, result);
    LuSolving.checkErrors(p, codes);
    return List.of(p.attach(fn, result));
  }

  /**
   * The factor's transpose times the gradient, its lower half made symmetric, and two triangular
   * systems; each step takes the place of the one before.
   */
  private static PaperTensor choleskyBackward(
      PaperEngine e, PaperTensor factor, PaperTensor grad, boolean upper) {
    Formula f = new Formula(e);
    PaperTensor lower = upper ? LuSolving.across(f, factor) : factor;
    PaperTensor ofLower = upper ? LuSolving.across(f, grad) : grad;
    PaperTensor product =
        f.value(f.call("aten.matmul.default", LuSolving.across(f, lower), ofLower));
    PaperTensor half = e.empty(Layout.contiguous(product.type()));
    e.release(product);
    Formula both = new Formula(e);
    PaperTensor below = both.unary(half);
    PaperTensor symmetric = both.value(both.binary(both.binary(half, below), 0.5));
    e.release(half);
    PaperTensor once = e.empty(LuSolving.byColumns(factor.type()));
    e.release(symmetric);
    PaperTensor twice = e.empty(LuSolving.byColumns(factor.type()));
    e.release(once);
    return twice;
  }

  /** Keeps the matrix, its factors, pivots and the sign. */
  private static List<PaperTensor> signAndLogarithm(PaperEngine p, Args a) {
    PaperTensor matrix = a.tensor(0);
    TensorType in = matrix.type();
    LuSolving.square(a.op(), in);
    TensorType each = TensorType.of(in.dtype(), in.shape().subList(0, in.rank() - 2));
    GradNode fn =
        p.record(
            "LinalgSlogdetBackward0",
            2,
            (e, n, g) -> {
              if (g[1] == null) {
                return new @Nullable PaperTensor[] {null};
              }
              // The gradient on the diagonal, divided by the matrix.
              PaperTensor diagonal = e.empty(Layout.like(n.saved(0)));
              PaperTensor result = e.empty(LuSolving.byColumns(in));
              LuSolving.check(e, n.saved(2));
              e.release(diagonal);
              return new @Nullable PaperTensor[] {result};
            },
            matrix);
    p.save(fn, matrix);
    PaperTensor sign = p.empty(each);
    PaperTensor logarithm = p.empty(each);
    PaperTensor factors = p.empty(LuSolving.byColumns(in));
    PaperTensor pivots = LuSolving.pivots(p, in);
    PaperTensor codes = LuSolving.codes(p, in);
    ofDiagonal(p, each, pivots);
    p.release(codes);
    p.save(fn, factors);
    p.save(fn, pivots);
    p.save(fn, sign);
    p.release(factors);
    p.release(pivots);
    return List.of(p.attach(fn, sign, 0), p.attach(fn, logarithm, 1));
  }

  /** The sign of the permutation and of the diagonal's product, and the sum of its logarithms. */
  private static void ofDiagonal(PaperEngine p, TensorType each, PaperTensor pivots) {
    TensorType diagonal = pivots.type().withDType(each.dtype());
    Formula f = new Formula(p);
    PaperTensor row = f.keep(p.empty(DType.INT32, pivots.type().size(-1)));
    PaperTensor signs = f.sum(f.compare(row, pivots), List.of(-1L), false);
    for (int i = 0; i < 3; i++) {
      // The rest by 2, times -2, plus 1.
      BinaryCrossEntropy.byNumberInPlace(p, signs);
    }
    f.value(signs);
    PaperTensor ofEach = p.empty(diagonal);
    PaperTensor product = p.empty(each);
    Pointwise.inPlace(p, each.dtype(), product, signs);
    p.release(product);
    p.release(ofEach);
    p.release(signs);
    p.release(p.empty(diagonal));
  }

  /** No number where the sign is -1. */
  private static List<PaperTensor> logarithm(PaperEngine p, Args a) {
    List<PaperTensor> parts = p.call("aten.linalg_slogdet.default", a.tensor(0));
    Formula f = new Formula(p);
    PaperTensor negative = f.call("aten.eq.Scalar", parts.get(0), -1.0);
    PaperTensor none = f.scalarTensor(parts.get(1).type().dtype());
    PaperTensor result = f.value(f.call("aten.where.self", negative, none, parts.get(1)));
    parts.reversed().forEach(p::release);
    return List.of(result);
  }
}
