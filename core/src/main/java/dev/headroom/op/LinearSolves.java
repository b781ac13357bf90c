package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Inverses, systems of equations and powers of matrices, with the formulas of {@code
 * FunctionsManual.cpp}. A system keeps its factors and solves with them again in backward.
 */
final class LinearSolves {
  private LinearSolves() {}

  static void register(Registry ops) {
    ops.add("linalg_inv(Tensor A)", LinearSolves::inverse);
    ops.add("inverse(Tensor self)", LinearSolves::inverse);
    ops.add("linalg_solve(Tensor A, Tensor B, *, bool left=True)", LinearSolves::solve);
    ops.add(
        "linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool"
            + " unitriangular=False)",
        LinearSolves::triangular);
    ops.add("linalg_matrix_power(Tensor self, int n)", LinearSolves::power);
  }

  /** Keeps its result, of which the gradient is a product on both sides. */
  private static List<PaperTensor> inverse(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    LuSolving.square(a.op(), in);
    GradNode fn =
        p.record(
            "LinalgInvExBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor inner =
                  f.call("aten.matmul.default", given(g), LuSolving.across(f, n.saved(0)));
              PaperTensor outer =
                  f.call("aten.matmul.default", LuSolving.across(f, n.saved(0)), inner);
              return new PaperTensor[] {f.value(f.unary(outer))};
            },
            a.tensor(0));
    PaperTensor result = p.empty(LuSolving.byColumns(in));
    PaperTensor codes = LuSolving.codes(p, in);
    PaperTensor factors = p.empty(LuSolving.byColumns(in));
    PaperTensor pivots = LuSolving.pivots(p, in);
    LuSolving.check(p, pivots);
    p.release(pivots);
    p.release(factors);
    p.save(fn, result);
    LuSolving.checkErrors(p, codes);
    return List.of(p.attach(fn, result));
  }

  private static List<PaperTensor> solve(PaperEngine p, Args a) {
    PaperTensor matrix = a.tensor(0);
    PaperTensor right = a.tensor(1);
    TensorType in = matrix.type();
    LuSolving.square(a.op(), in);
    List<Long> rows = in.shape().subList(0, in.rank() - 1);
    boolean vector = right.type().rank() == 1 || right.type().shape().equals(rows);
    boolean sameBatch =
        vector
            ? right.type().shape().equals(rows)
            : right.type().rank() == in.rank()
                && right
                    .type()
                    .shape()
                    .subList(0, in.rank() - 2)
                    .equals(rows.subList(0, in.rank() - 2));
    if (!a.bool(2) || !sameBatch) {
      throw new UnsupportedOperatorException(
          a.op(), "from the right or with batches that are broadcast");
    }
    TensorType solved =
        right.type().rank() == 1
            ? Layout.contiguous(right.type())
            : LuSolving.byColumns(right.type());
    GradNode fn =
        p.record(
            "LinalgSolveExBackward0",
            1,
            (e, n, g) ->
                solveBackward(e, n, vector ? Layout.contiguous(right.type()) : solved, vector),
            matrix,
            right);
    p.save(fn, matrix);
    PaperTensor result = p.empty(solved);
    PaperTensor factors = p.empty(LuSolving.byColumns(in));
    PaperTensor pivots = LuSolving.pivots(p, in);
    PaperTensor codes = LuSolving.codes(p, in);
    PaperTensor column = vector ? p.empty(solved) : null;
    LuSolving.check(p, pivots);
    p.releaseIfAny(column);
    p.save(fn, factors);
    p.save(fn, pivots);
    p.save(fn, result);
    p.release(factors);
    p.release(pivots);
    LuSolving.checkErrors(p, codes);
    return List.of(p.attach(fn, result));
  }

  /** The transposed system for the right side, and its product with the result for the matrix. */
  private static @Nullable PaperTensor[] solveBackward(
      PaperEngine e, GradNode n, TensorType solved, boolean vector) {
    PaperTensor forRight = e.empty(solved);
    LuSolving.check(e, n.saved(2));
    PaperTensor forMatrix = null;
    if (n.needs(0)) {
      Formula f = new Formula(e);
      PaperTensor left = vector ? f.call("aten.unsqueeze.default", forRight, -1L) : forRight;
      PaperTensor x = vector ? f.call("aten.unsqueeze.default", n.saved(3), -1L) : n.saved(3);
      PaperTensor product = f.call("aten.matmul.default", left, LuSolving.across(f, x));
      forMatrix = f.value(f.unary(product));
    }
    if (!n.needs(1)) {
      e.release(forRight);
      return new @Nullable PaperTensor[] {forMatrix, null};
    }
    return new @Nullable PaperTensor[] {forMatrix, forRight};
  }

  /** Keeps the matrix and the result. */
  private static List<PaperTensor> triangular(PaperEngine p, Args a) {
    PaperTensor matrix = a.tensor(0);
    PaperTensor right = a.tensor(1);
    TensorType in = matrix.type();
    LuSolving.square(a.op(), in);
    boolean left = a.bool(3);
    TensorType solved = LuSolving.byColumns(right.type());
    if (!in.shape()
        .subList(0, in.rank() - 2)
        .equals(solved.shape().subList(0, solved.rank() - 2))) {
      throw new UnsupportedOperatorException(a.op(), "with batches that are broadcast");
    }
    GradNode fn =
        p.record(
            "LinalgSolveTriangularBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forRight = e.empty(solved);
              PaperTensor forMatrix = null;
              if (n.needs(0)) {
                Formula f = new Formula(e);
                PaperTensor across = LuSolving.across(f, n.saved(1));
                PaperTensor product =
                    left
                        ? f.call("aten.matmul.default", forRight, across)
                        : f.call("aten.matmul.default", across, forRight);
                PaperTensor whole = f.value(f.unary(product));
                forMatrix = e.empty(Layout.contiguous(in));
                e.release(whole);
              }
              if (!n.needs(1)) {
                e.release(forRight);
                return new @Nullable PaperTensor[] {forMatrix, null};
              }
              return new @Nullable PaperTensor[] {forMatrix, forRight};
            },
            matrix,
            right);
    p.save(fn, matrix);
    PaperTensor result = p.empty(solved);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /** Products by the bits of the exponent. */
  private static List<PaperTensor> power(PaperEngine p, Args a) {
    long exponent = a.integer(1);
    if (exponent < 1) {
      throw new UnsupportedOperatorException(a.op(), "with exponents below 1");
    }
    PaperTensor self = a.tensor(0);
    if (exponent == 1) {
      return List.of(Copies.clone(p, self, Layout.like(self)));
    }
    if (exponent == 3) {
      Formula f = new Formula(p);
      PaperTensor square = f.call("aten.matmul.default", self, self);
      return List.of(f.value(f.call("aten.matmul.default", square, self)));
    }
    PaperTensor power = p.retain(self);
    @Nullable PaperTensor result = null;
    for (long left = exponent; left > 0; left /= 2) {
      if (left != exponent) {
        power = replaced(p, power, power);
      }
      if (left % 2 == 1) {
        result = result == null ? p.retain(power) : replaced(p, result, power);
      }
    }
    p.release(power);
    return List.of(result == null ? p.retain(self) : result);
  }

  private static PaperTensor replaced(PaperEngine p, PaperTensor left, PaperTensor right) {
    PaperTensor product = p.call("aten.matmul.default", left, right).getFirst();
    p.release(left);
    return product;
  }
}
