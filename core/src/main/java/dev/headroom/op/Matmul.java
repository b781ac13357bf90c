package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code matmul} ({@code aten/src/ATen/native/LinearAlgebra.cpp}): vectors, matrices, a stack of
 * matrices folded into one when the other side is a single matrix, or a batched product of expanded
 * sides.
 */
final class Matmul {
  private Matmul() {}

  static void register(Registry ops) {
    ops.add(
        "matmul(Tensor self, Tensor other)",
        (p, a) -> List.of(matmul(p, a.tensor(0), a.tensor(1))));
    ops.add("bmm(Tensor self, Tensor mat2)", (p, a) -> List.of(bmm(p, a.tensor(0), a.tensor(1))));
    ops.add("mv(Tensor self, Tensor vec)", (p, a) -> List.of(mv(p, a.tensor(0), a.tensor(1))));
    for (String name :
        List.of("dot(Tensor self, Tensor tensor)", "vdot(Tensor self, Tensor other)")) {
      ops.add(name, (p, a) -> List.of(dot(p, a.tensor(0), a.tensor(1))));
    }
  }

  static PaperTensor matmul(PaperEngine p, PaperTensor a, PaperTensor b) {
    int rankA = a.type().rank();
    int rankB = b.type().rank();
    if (rankA == 0 || rankB == 0) {
      throw new IllegalArgumentException(
          "aten.matmul.default: " + a + " and " + b + ": both need at least one dimension");
    }
    long inner = b.type().size(rankB > 1 ? -2 : 0);
    if (a.type().size(-1) != inner) {
      throw new IllegalArgumentException(
          "aten.matmul.default: "
              + a
              + " and "
              + b
              + ": the first has "
              + a.type().size(-1)
              + " columns, the second "
              + inner
              + " rows");
    }
    if (rankA == 1 && rankB == 1) {
      return dot(p, a, b);
    }
    if (rankA == 2 && rankB == 1) {
      return mv(p, a, b);
    }
    if (rankA == 1 && rankB == 2) {
      PaperTensor row = Views.unsqueeze(p, a, 0);
      PaperTensor product = Linear.mm(p, row, b);
      p.release(row);
      PaperTensor result = Views.squeeze(p, product, List.of(0L));
      p.release(product);
      return result;
    }
    if (rankA == 2 && rankB == 2) {
      return Linear.mm(p, a, b);
    }
    return shouldFold(a, b) ? folded(p, a, b) : batched(p, a, b);
  }

  private static boolean shouldFold(PaperTensor a, PaperTensor b) {
    boolean aLarger = a.type().rank() >= b.type().rank();
    TensorType large =
        aLarger ? a.type() : b.type().transpose(b.type().rank() - 2, b.type().rank() - 1);
    PaperTensor small = aLarger ? b : a;
    if (large.rank() < 3 || small.type().rank() > 2) {
      return false;
    }
    if (small.saysRequiresGrad()) {
      return true;
    }
    if (a.type().rank() == 2) {
      return false;
    }
    if (large.elements() == 0) {
      return true;
    }
    for (int i = 0; i < large.rank() - 2; i++) {
      if (large.strides().get(i) != large.strides().get(i + 1) * large.size(i + 1)) {
        return false;
      }
    }
    return true;
  }

  private static PaperTensor folded(PaperEngine p, PaperTensor a, PaperTensor b) {
    boolean turned = b.type().rank() > a.type().rank();
    PaperTensor large = turned ? transposed(p, b) : p.retain(a);
    PaperTensor small = !turned ? p.retain(b) : a.type().rank() == 2 ? Views.t(p, a) : p.retain(a);
    List<Long> shape = new ArrayList<>(large.type().shape());
    long last = shape.removeLast();
    long rows = 1;
    for (long size : shape) {
      rows *= size;
    }
    boolean matrix = small.type().rank() == 2;
    if (matrix) {
      shape.add(small.type().size(1));
    }
    PaperTensor fold = Views.reshape(p, large, List.of(rows, last));
    PaperTensor product = matrix ? Linear.mm(p, fold, small) : mv(p, fold, small);
    PaperTensor result = Views.unsafeView(p, product, shape);
    p.release(product);
    if (turned && matrix) {
      PaperTensor back = transposed(p, result);
      p.release(result);
      result = Views.contiguous(p, back);
      p.release(back);
    }
    p.release(fold);
    p.release(small);
    p.release(large);
    return result;
  }

  private static PaperTensor transposed(PaperEngine p, PaperTensor t) {
    return Views.transpose(p, t, -2, -1);
  }

  private static PaperTensor batched(PaperEngine p, PaperTensor a, PaperTensor b) {
    TensorType typeA = a.type();
    TensorType typeB = b.type();
    if (typeA.rank() == 3 && typeB.rank() == 3 && typeA.size(0) != typeB.size(0)) {
      boolean first = typeA.size(0) == 1 && a.requiresGrad();
      if (first || (typeB.size(0) == 1 && b.requiresGrad())) {
        PaperTensor single = Views.squeeze(p, first ? a : b, List.of(0L));
        PaperTensor result = first ? matmul(p, single, b) : matmul(p, a, single);
        p.release(single);
        return result;
      }
    }
    List<Long> batch =
        Layout.broadcast(
            typeA.shape().subList(0, Math.max(0, typeA.rank() - 2)),
            typeB.shape().subList(0, Math.max(0, typeB.rank() - 2)));
    long product = 1;
    for (long size : batch) {
      product *= size;
    }
    long rows = typeA.rank() > 1 ? typeA.size(-2) : 1;
    long inner = typeA.size(-1);
    boolean vector = typeB.rank() == 1;
    PaperTensor left = stacked(p, a, batch, List.of(rows, inner), product);
    PaperTensor right;
    if (vector) {
      PaperTensor rowsOfB = stacked(p, b, batch, List.of(inner), product);
      right = Views.unsqueeze(p, rowsOfB, 2);
      p.release(rowsOfB);
    } else {
      right = stacked(p, b, batch, List.of(inner, typeB.size(-1)), product);
    }
    List<Long> shape = new ArrayList<>(batch);
    if (typeA.rank() > 1) {
      shape.add(rows);
    }
    if (!vector) {
      shape.add(typeB.size(-1));
    }
    PaperTensor out = bmm(p, left, right);
    if (vector) {
      PaperTensor squeezed = Views.squeeze(p, out, List.of(-1L));
      p.release(out);
      out = squeezed;
    }
    PaperTensor result = Views.unsafeView(p, out, shape);
    p.release(out);
    p.release(right);
    p.release(left);
    return result;
  }

  private static PaperTensor stacked(
      PaperEngine p, PaperTensor t, List<Long> batch, List<Long> matrix, long product) {
    List<Long> expanded = new ArrayList<>(batch);
    expanded.addAll(matrix);
    List<Long> stack = new ArrayList<>(List.of(product));
    stack.addAll(matrix);
    PaperTensor wide = Views.expand(p, t, expanded);
    PaperTensor result = Views.reshape(p, wide, stack);
    p.release(wide);
    return result;
  }

  static PaperTensor bmm(PaperEngine p, PaperTensor a, PaperTensor b) {
    TensorType typeA = a.type();
    TensorType typeB = b.type();
    if (typeA.rank() != 3
        || typeB.rank() != 3
        || typeA.size(0) != typeB.size(0)
        || typeA.size(2) != typeB.size(1)) {
      throw new IllegalArgumentException(
          "aten.bmm.default: " + a + " and " + b + " cannot be multiplied");
    }
    GradNode fn =
        p.record(
            "BmmBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forB =
                  n.needs(1)
                      ? e.empty(TensorType.of(given(g).type().dtype(), typeB.shape()))
                      : null;
              PaperTensor forA =
                  n.needs(0)
                      ? e.empty(TensorType.of(given(g).type().dtype(), typeA.shape()))
                      : null;
              return new @Nullable PaperTensor[] {forA, forB};
            },
            a,
            b);
    if (fn != null && fn.needs(0)) {
      p.save(fn, b);
    }
    if (fn != null && fn.needs(1)) {
      p.save(fn, a);
    }
    p.multiplies(typeA.size(0), typeA.size(1), typeA.size(2), typeB.size(2));
    return p.attach(fn, p.empty(typeA.dtype(), typeA.size(0), typeA.size(1), typeB.size(2)));
  }

  /** The first side for the second one's gradient, then the second for the first's. */
  private static void saveOthers(
      PaperEngine p, @Nullable GradNode fn, PaperTensor a, PaperTensor b) {
    if (fn != null && fn.needs(1)) {
      p.save(fn, a);
    }
    if (fn != null && fn.needs(0)) {
      p.save(fn, b);
    }
  }

  /** Matrix times vector: the matrix's gradient is an outer product. */
  static PaperTensor mv(PaperEngine p, PaperTensor matrix, PaperTensor vector) {
    TensorType typeA = matrix.type();
    TensorType typeB = vector.type();
    GradNode fn =
        p.record(
            "MvBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forA = n.needs(0) ? e.empty(Layout.contiguous(typeA)) : null;
              PaperTensor forB = n.needs(1) ? e.empty(Layout.contiguous(typeB)) : null;
              return new @Nullable PaperTensor[] {forA, forB};
            },
            matrix,
            vector);
    saveOthers(p, fn, matrix, vector);
    PaperTensor result = p.empty(typeA.dtype(), typeA.size(0));
    if (!byColumns(typeA) && !byColumns(typeA.transpose(0, 1))) {
      p.release(p.empty(Layout.contiguous(typeA)));
    }
    return p.attach(fn, result);
  }

  /** Whether gemv reads a matrix as it lies, a column after the other. */
  private static boolean byColumns(TensorType matrix) {
    return matrix.strides().get(0) == 1
        && (matrix.size(1) == 1 || matrix.strides().get(1) >= Math.max(1, matrix.size(0)));
  }

  static PaperTensor dot(PaperEngine p, PaperTensor a, PaperTensor b) {
    GradNode fn =
        p.record(
            "DotBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forA = n.needs(0) ? e.empty(Layout.like(b)) : null;
              PaperTensor forB = n.needs(1) ? e.empty(Layout.like(a)) : null;
              return new @Nullable PaperTensor[] {forA, forB};
            },
            a,
            b);
    saveOthers(p, fn, a, b);
    return p.attach(fn, p.empty(a.type().dtype()));
  }
}
