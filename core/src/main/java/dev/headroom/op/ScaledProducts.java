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

/**
 * {@code beta * self + alpha * product} where the product is of a matrix and a vector, of two
 * vectors, of matrices one by one, or a sum of such products. Each factor is kept if the other
 * takes a gradient.
 */
final class ScaledProducts {
  private ScaledProducts() {}

  static void register(Registry ops) {
    for (String place : List.of("", "_")) {
      add(
          ops,
          "addmv" + place,
          "mat, Tensor vec",
          1,
          (e, g, mat, vec) -> outer(e, g, vec),
          (e, g, mat, vec) -> transposed(e, mat, g));
      add(
          ops,
          "addr" + place,
          "vec1, Tensor vec2",
          0,
          (e, g, x, y) -> Matmul.mv(e, g, y),
          (e, g, x, y) -> transposed(e, g, x));
      add(
          ops,
          "addbmm" + place,
          "batch1, Tensor batch2",
          2,
          (e, g, x, y) -> batch(e, g, y.type(), g.type().size(0), y.type().size(1)),
          (e, g, x, y) -> batch(e, g, x.type(), x.type().size(2), g.type().size(1)));
      add(
          ops,
          "baddbmm" + place,
          "batch1, Tensor batch2",
          2,
          (e, g, x, y) -> batch(e, g, y.type(), g.type().size(1), y.type().size(1)),
          (e, g, x, y) -> batch(e, g, x.type(), x.type().size(2), g.type().size(2)));
    }
  }

  private static void add(
      Registry ops, String name, String factors, int before, Side forFirst, Side forSecond) {
    ops.add(
        name + "(Tensor self, Tensor " + factors + ", *, Scalar beta=1, Scalar alpha=1)",
        (p, a) -> of(p, a, before, forFirst, forSecond));
  }

  /** A factor's gradient from the result's and both factors, of which the other one is there. */
  private interface Side {
    PaperTensor gradient(PaperEngine e, PaperTensor grad, PaperTensor first, PaperTensor second);
  }

  private static PaperTensor outer(PaperEngine e, PaperTensor x, PaperTensor y) {
    return e.empty(x.type().dtype(), x.type().size(0), y.type().size(0));
  }

  private static PaperTensor transposed(PaperEngine e, PaperTensor matrix, PaperTensor vector) {
    PaperTensor view = Views.transpose(e, matrix, 0, 1);
    PaperTensor result = Matmul.mv(e, view, vector);
    e.release(view);
    return result;
  }

  private static PaperTensor batch(
      PaperEngine e, PaperTensor grad, TensorType other, long rows, long columns) {
    return e.empty(grad.type().dtype(), other.size(0), rows, columns);
  }

  /**
   * The rule of one of them.
   *
   * @param before how many factors come before {@code self} in the order of names
   */
  private static List<PaperTensor> of(
      PaperEngine p, Args a, int before, Side forFirst, Side forSecond) {
    PaperTensor self = a.tensor(0);
    PaperTensor first = a.tensor(1);
    PaperTensor second = a.tensor(2);
    double beta = a.number(3);
    double alpha = a.number(4);
    GradNode fn =
        p.record(
            a.op(),
            1,
            (e, n, g) -> {
              PaperTensor x = n.needs(2) ? n.saved(0) : first;
              PaperTensor y = n.needs(1) ? n.saved(n.needs(2) ? 1 : 0) : second;
              @Nullable PaperTensor[] out = new PaperTensor[3];
              for (int i = 0; i < 3; i++) {
                int input = i == before ? 0 : i < before ? i + 1 : i;
                if (n.needs(input)) {
                  out[input] =
                      switch (input) {
                        case 0 -> Linear.scaled(e, e.retain(given(g)), beta);
                        case 1 -> Linear.scaled(e, forFirst.gradient(e, given(g), x, y), alpha);
                        default -> Linear.scaled(e, forSecond.gradient(e, given(g), x, y), alpha);
                      };
                }
              }
              return out;
            },
            self,
            first,
            second);
    if (fn != null && fn.needs(2)) {
      p.save(fn, first);
    }
    if (fn != null && fn.needs(1)) {
      p.save(fn, second);
    }
    if (a.op().startsWith("aten.baddbmm")) {
      TensorType x = first.type();
      p.multiplies(x.size(0), x.size(1), x.size(2), second.type().size(2));
    }
    return List.of(
        Indexing.inPlace(a.op())
            ? p.rewrite(fn, self)
            : p.attach(fn, p.empty(result(a.op(), self, first, second))));
  }

  private static TensorType result(
      String op, PaperTensor self, PaperTensor first, PaperTensor second) {
    DType dtype = self.type().dtype();
    TensorType x = first.type();
    TensorType y = second.type();
    return switch (x.rank()) {
      case 1 -> TensorType.of(dtype, x.size(0), y.size(0));
      case 2 -> TensorType.of(dtype, x.size(0));
      default ->
          op.equals("aten.baddbmm.default")
              ? TensorType.of(dtype, x.size(0), x.size(1), y.size(2))
              : TensorType.of(dtype, x.size(1), y.size(2));
    };
  }
}
