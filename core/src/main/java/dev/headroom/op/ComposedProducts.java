package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Products that ATen composes of others ({@code aten/src/ATen/native/LinearAlgebra.cpp}): inner and
 * Kronecker products, and chains of matrices, multiplied in the order that takes the least work.
 */
final class ComposedProducts {
  private ComposedProducts() {}

  static void register(Registry ops) {
    ops.add("inner(Tensor self, Tensor other)", ComposedProducts::inner);
    ops.add("kron(Tensor self, Tensor other)", ComposedProducts::kronecker);
    ops.add("linalg_multi_dot(Tensor[] tensors)", ComposedProducts::chain);
    ops.add("chain_matmul(Tensor[] matrices)", ComposedProducts::chain);
  }

  private static List<PaperTensor> inner(PaperEngine p, Args a) {
    boolean number = a.tensor(0).type().rank() == 0 || a.tensor(1).type().rank() == 0;
    return number
        ? p.call("aten.mul.Tensor", a.tensor(0), a.tensor(1))
        : p.call("aten.tensordot.default", a.tensor(0), a.tensor(1), List.of(-1L), List.of(-1L));
  }

  /** A broadcast product of both, looked at with a dimension of 1 beside each of their own. */
  private static List<PaperTensor> kronecker(PaperEngine p, Args a) {
    TensorType x = a.tensor(0).type();
    TensorType y = a.tensor(1).type();
    int rank = Math.max(x.rank(), y.rank());
    List<Long> first = new ArrayList<>();
    List<Long> second = new ArrayList<>();
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      long left = size(x, i - (rank - x.rank()));
      long right = size(y, i - (rank - y.rank()));
      first.addAll(List.of(left, 1L));
      second.addAll(List.of(1L, right));
      shape.add(Math.multiplyExact(left, right));
    }
    Formula f = new Formula(p);
    PaperTensor wide = f.call("aten.reshape.default", a.tensor(0), first);
    PaperTensor narrow = f.call("aten.reshape.default", a.tensor(1), second);
    PaperTensor product = f.call("aten.mul.Tensor", wide, narrow);
    return List.of(f.value(f.call("aten.view.default", product, shape)));
  }

  private static long size(TensorType type, int dim) {
    return dim < 0 ? 1 : type.size(dim);
  }

  private static List<PaperTensor> chain(PaperEngine p, Args a) {
    List<PaperTensor> matrices = a.tensors(0);
    for (PaperTensor each : matrices) {
      if (each.type().rank() != 2) {
        throw new UnsupportedOperatorException(a.op(), "with vectors at its ends");
      }
    }
    int count = matrices.size();
    long[] sizes = new long[count + 1];
    sizes[0] = matrices.getFirst().type().size(0);
    for (int i = 0; i < count; i++) {
      sizes[i + 1] = matrices.get(i).type().size(1);
    }
    int[][] split = splits(sizes);
    return List.of(product(p, matrices, split, 0, count - 1));
  }

  private static PaperTensor product(
      PaperEngine p, List<PaperTensor> matrices, int[][] split, int from, int to) {
    if (from == to) {
      return p.retain(matrices.get(from));
    }
    PaperTensor left = product(p, matrices, split, from, split[from][to]);
    PaperTensor right = product(p, matrices, split, split[from][to] + 1, to);
    PaperTensor result = p.call("aten.mm.default", left, right).getFirst();
    p.release(right);
    p.release(left);
    return result;
  }

  /**
   * Where each run of the chain is cut; of two matrices' products the first where both cost alike.
   */
  private static int[][] splits(long[] sizes) {
    int count = sizes.length - 1;
    long[][] cost = new long[count][count];
    int[][] split = new int[count][count];
    for (int length = 1; length < count; length++) {
      for (int from = 0; from + length < count; from++) {
        int to = from + length;
        cost[from][to] = Long.MAX_VALUE;
        for (int at = from; at < to; at++) {
          long work = sizes[from] * sizes[at + 1] * sizes[to + 1];
          long all = cost[from][at] + cost[at + 1][to] + work;
          boolean later = count == 3 && all == cost[from][to];
          if (all < cost[from][to] || later) {
            cost[from][to] = all;
            split[from][to] = at;
          }
        }
      }
    }
    return split;
  }
}
