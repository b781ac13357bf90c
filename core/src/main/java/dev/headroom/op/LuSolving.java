package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * What solvers share ({@code aten/src/ATen/native/BatchLinearAlgebra.cpp}): matrices column by
 * column as LAPACK wants them, pivots, and codes that say whether it worked. What LAPACK or
 * cuSOLVER takes for itself is left out.
 */
final class LuSolving {
  private LuSolving() {}

  /** The sizes of many matrices, each stored column by column. */
  static TensorType byColumns(DType dtype, List<Long> shape) {
    int rank = shape.size();
    List<Long> swapped = new ArrayList<>(shape);
    swapped.set(rank - 1, shape.get(rank - 2));
    swapped.set(rank - 2, shape.get(rank - 1));
    return TensorType.of(dtype, swapped).transpose(rank - 2, rank - 1);
  }

  static TensorType byColumns(TensorType type) {
    return byColumns(type.dtype(), type.shape());
  }

  /** One code for each matrix. */
  static PaperTensor codes(PaperEngine p, TensorType matrices) {
    return p.empty(TensorType.of(DType.INT32, matrices.shape().subList(0, matrices.rank() - 2)));
  }

  /** One row of pivots for each matrix. */
  static PaperTensor pivots(PaperEngine p, TensorType matrices) {
    return p.empty(TensorType.of(DType.INT32, matrices.shape().subList(0, matrices.rank() - 1)));
  }

  /** The CPU looks whether pivots are above 0 and not above the number of rows. */
  static void check(PaperEngine p, PaperTensor pivots) {
    for (int i = 0; i < 2 && !p.backend().isCuda(); i++) {
      Formula f = new Formula(p);
      f.compare(pivots, 1L);
      p.release(p.empty(DType.BOOL));
      f.end();
    }
  }

  /** Looks whether any code is an error, and lets go of them. */
  static void checkErrors(PaperEngine p, PaperTensor codes) {
    Formula f = new Formula(p);
    f.call("aten.any.default", codes);
    f.end();
    p.release(codes);
  }

  /** Fails on anything but square matrices. */
  static void square(String op, TensorType type) {
    if (type.rank() < 2 || type.size(-1) != type.size(-2)) {
      throw new IllegalArgumentException(op + ": input is " + type + ", expected square matrices");
    }
  }

  /** The last two dimensions swapped, a view. */
  static PaperTensor across(Formula f, PaperTensor matrices) {
    return f.call("aten.mT.default", matrices);
  }
}
