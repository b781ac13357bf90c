package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code tensordot}: both sides as matrices with the contracted dimensions between them, one
 * product ({@code aten/src/ATen/native/Linear.cpp}).
 */
final class Tensordot {
  private Tensordot() {}

  static void register(Registry ops) {
    ops.add(
        "tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other)",
        (p, a) -> List.of(contract(p, a)));
  }

  private static PaperTensor contract(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    PaperTensor left = a.tensor(0);
    PaperTensor right = a.tensor(1);
    List<Integer> over = wrapped(a.integers(2), left.type());
    List<Integer> with = wrapped(a.integers(3), right.type());
    long inner = 1;
    for (int i = 0; i < over.size(); i++) {
      long own = left.type().size(over.get(i));
      long other = right.type().size(with.get(i));
      // A dimension of size 1 is summed over on the other side.
      if (own == 1 && other != 1) {
        right = f.call("aten.sum.dim_IntList", right, List.of((long) with.get(i)), true);
      } else if (other == 1 && own != 1) {
        left = f.call("aten.sum.dim_IntList", left, List.of((long) over.get(i)), true);
      } else {
        inner = Math.multiplyExact(inner, own);
      }
    }
    List<Long> rows = free(left.type(), over);
    List<Long> columns = free(right.type(), with);
    List<Long> shape = new ArrayList<>();
    rows.forEach(d -> shape.add(a.tensor(0).type().size(Math.toIntExact(d))));
    columns.forEach(d -> shape.add(a.tensor(1).type().size(Math.toIntExact(d))));
    List<Long> leftOrder = new ArrayList<>(rows);
    over.forEach(d -> leftOrder.add((long) d));
    List<Long> rightOrder = new ArrayList<>();
    with.forEach(d -> rightOrder.add((long) d));
    rightOrder.addAll(columns);
    PaperTensor first =
        f.keep(Views.reshape(p, f.keep(Views.permute(p, left, leftOrder)), List.of(-1L, inner)));
    PaperTensor second =
        f.keep(Views.reshape(p, f.keep(Views.permute(p, right, rightOrder)), List.of(inner, -1L)));
    PaperTensor product = f.keep(Linear.mm(p, first, second));
    return f.value(f.keep(Views.reshape(p, product, shape)));
  }

  private static List<Integer> wrapped(List<Long> dims, TensorType type) {
    return dims.stream().map(d -> Layout.wrap(d, type.rank())).toList();
  }

  private static List<Long> free(TensorType type, List<Integer> contracted) {
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < type.rank(); i++) {
      if (!contracted.contains(i)) {
        out.add((long) i);
      }
    }
    return out;
  }
}
