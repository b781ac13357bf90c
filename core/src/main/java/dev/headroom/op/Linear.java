package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code linear} and the products of two matrices that it is made of ({@code
 * aten/src/ATen/native/Linear.cpp}): with a bias and rows that lie one after the other it is {@code
 * addmm} on a view, otherwise {@code matmul} and an addition in place. Products of a matrix keep
 * both sides; backward makes each gradient with the memory order of the side it belongs to.
 */
final class Linear {
  private Linear() {}

  static void register(Registry ops) {
    ops.add(
        "linear(Tensor input, Tensor weight, Tensor? bias=None)",
        (p, a) -> List.of(linear(p, a.tensor(0), a.tensor(1), a.optionalTensor(2))));
    for (String place : List.of("", "_")) {
      ops.add(
          "addmm"
              + place
              + "(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)",
          (p, a) ->
              List.of(
                  addmm(
                      p,
                      a.tensor(0),
                      a.tensor(1),
                      a.tensor(2),
                      a.number(3),
                      a.number(4),
                      Indexing.inPlace(a.op()))));
    }
    ops.add("mm(Tensor self, Tensor mat2)", (p, a) -> List.of(mm(p, a.tensor(0), a.tensor(1))));
  }

  static PaperTensor linear(
      PaperEngine p, PaperTensor input, PaperTensor weight, @Nullable PaperTensor bias) {
    check(input.type(), weight.type());
    int rank = input.type().rank();
    if (bias != null && rank == 2) {
      PaperTensor transposed = Views.t(p, weight);
      PaperTensor result = addmm(p, bias, input, transposed);
      p.release(transposed);
      return result;
    }
    if (bias != null && input.type().isContiguous() && bias.type().rank() == 1) {
      return flattened(p, input, weight, bias);
    }
    PaperTensor transposed = Views.t(p, weight);
    PaperTensor result = Matmul.matmul(p, input, transposed);
    p.release(transposed);
    if (bias != null) {
      p.release(Arithmetic.addInPlace(p, result, bias, 1));
    }
    return result;
  }

  private static void check(TensorType input, TensorType weight) {
    if (input.rank() == 0 || weight.rank() == 0 || input.size(-1) != weight.size(-1)) {
      throw new IllegalArgumentException(
          "aten.linear.default: input is "
              + input
              + ", weight is "
              + weight
              + (input.rank() == 0
                  ? ""
                  : ": the input has "
                      + input.size(-1)
                      + " features, the weight expects "
                      + weight.size(-1)));
    }
  }

  private static PaperTensor flattened(
      PaperEngine p, PaperTensor input, PaperTensor weight, PaperTensor bias) {
    List<Long> shape = new ArrayList<>(input.type().shape());
    long features = shape.removeLast();
    long rows = 1;
    for (long size : shape) {
      rows *= size;
    }
    PaperTensor matrix = Views.reshape(p, input, List.of(rows, features));
    PaperTensor transposed = Views.t(p, weight);
    PaperTensor product = addmm(p, bias, matrix, transposed);
    p.release(transposed);
    p.release(matrix);
    shape.add(product.type().size(1));
    PaperTensor result = Views.view(p, product, shape);
    p.release(product);
    return result;
  }

  static PaperTensor addmm(PaperEngine p, PaperTensor bias, PaperTensor mat1, PaperTensor mat2) {
    return addmm(p, bias, mat1, mat2, 1, 1, false);
  }

  /** {@code beta * bias + alpha * mat1 @ mat2}: gradients are scaled where the call was. */
  private static PaperTensor addmm(
      PaperEngine p,
      PaperTensor bias,
      PaperTensor mat1,
      PaperTensor mat2,
      double beta,
      double alpha,
      boolean inPlace) {
    TensorType type1 = mat1.type();
    TensorType type2 = mat2.type();
    GradNode fn =
        p.record(
            "AddmmBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forMat1 =
                  n.needs(1) ? scaled(e, sideGradient(e, given(g), type1, type2), alpha) : null;
              PaperTensor forMat2 =
                  n.needs(2) ? scaled(e, sideGradient(e, given(g), type2, type1), alpha) : null;
              PaperTensor forBias = n.needs(0) ? scaled(e, e.retain(given(g)), beta) : null;
              return new @Nullable PaperTensor[] {forBias, forMat1, forMat2};
            },
            bias,
            mat1,
            mat2);
    if (fn != null && fn.needs(2)) {
      p.save(fn, mat1);
    }
    if (fn != null && fn.needs(1)) {
      p.save(fn, mat2);
    }
    p.multiplies(type1.size(0), type1.size(1), type2.size(1));
    PaperTensor result = inPlace ? bias : p.empty(type1.dtype(), type1.size(0), type2.size(1));
    copyForBlas(p, type2);
    copyForBlas(p, type1);
    // at::native::addmm_out_cuda_impl: narrower products add the bias beforehand.
    if (bias.type().rank() == 1 && type2.size(0) > 1 && type2.size(1) > 1) {
      p.productWithBias();
    } else {
      p.product();
    }
    return inPlace ? p.rewrite(fn, bias) : p.attach(fn, result);
  }

  /** {@code maybe_multiply}: the tensor itself if the factor is 1; takes its argument. */
  static PaperTensor scaled(PaperEngine p, PaperTensor owned, double factor) {
    if (factor == 1) {
      return owned;
    }
    PaperTensor result = Arithmetic.scaled(p, owned, factor);
    p.release(owned);
    return result;
  }

  static PaperTensor mm(PaperEngine p, PaperTensor self, PaperTensor mat2) {
    TensorType type1 = self.type();
    TensorType type2 = mat2.type();
    if (type1.rank() != 2 || type2.rank() != 2 || type1.size(1) != type2.size(0)) {
      throw new IllegalArgumentException(
          "aten.mm.default: " + type1 + " and " + type2 + " cannot be multiplied");
    }
    GradNode fn =
        p.record(
            "MmBackward0",
            1,
            (e, n, g) -> {
              // Gradients are computed in the order of the arguments' names: mat2 before self.
              PaperTensor forMat2 = n.needs(1) ? sideGradient(e, given(g), type2, type1) : null;
              PaperTensor forSelf = n.needs(0) ? sideGradient(e, given(g), type1, type2) : null;
              return new @Nullable PaperTensor[] {forSelf, forMat2};
            },
            self,
            mat2);
    if (fn != null && fn.needs(0)) {
      p.save(fn, mat2);
    }
    if (fn != null && fn.needs(1)) {
      p.save(fn, self);
    }
    p.multiplies(type1.size(0), type1.size(1), type2.size(1));
    PaperTensor result = p.empty(type1.dtype(), type1.size(0), type2.size(1));
    copyForBlas(p, type2);
    copyForBlas(p, type1);
    p.product();
    return p.attach(fn, result);
  }

  /** A matrix that BLAS cannot read where it lies, such as an expanded one, is copied meanwhile. */
  static void copyForBlas(PaperEngine p, TensorType matrix) {
    long rows = matrix.size(-2);
    long columns = matrix.size(-1);
    long down = matrix.strides().get(matrix.rank() - 2);
    long across = matrix.strides().get(matrix.rank() - 1);
    boolean readable =
        (across == 1 && down >= Math.max(1, columns)) || (down == 1 && across >= Math.max(1, rows));
    if (!readable && !p.backend().isCuda()) {
      p.release(p.empty(TensorType.of(matrix.dtype(), matrix.shape())));
    }
  }

  /**
   * {@code mm_mat1_grad}: a product that comes out column-major where the side is, by multiplying
   * the transposes and transposing back.
   */
  private static PaperTensor sideGradient(
      PaperEngine p, PaperTensor grad, TensorType side, TensorType other) {
    DType dtype = grad.type().dtype();
    long rows = side.size(0);
    long columns = side.size(1);
    boolean columnMajor = side.strides().get(0) == 1 && side.strides().get(1) == rows;
    if (!columnMajor) {
      PaperTensor result = p.empty(dtype, rows, columns);
      copyForBlas(p, grad.type());
      copyForBlas(p, other);
      p.product();
      return result;
    }
    PaperTensor product = p.empty(dtype, columns, rows);
    copyForBlas(p, grad.type());
    copyForBlas(p, other);
    p.product();
    PaperTensor result = Views.t(p, product);
    p.release(product);
    return result;
  }
}
