package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products beside {@link Linear}'s and {@link Matmul}'s: baddbmm, outer, bilinear, cosines. */
final class Products {
  private Products() {}

  static void register(Registry ops) {
    ops.add("outer(Tensor self, Tensor vec2)", Products::outer);
    ops.add(
        "bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None)",
        Products::bilinear);
    ops.add(
        "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08)",
        Products::cosineSimilarity);
    ops.add("linalg_cross(Tensor self, Tensor other, *, int dim=-1)", Products::cross);
    ops.add("cross(Tensor self, Tensor other, int? dim=None)", Products::cross);
  }

  /** Keeps both sides; each gradient is the cross product of the other side with the result's. */
  private static List<PaperTensor> cross(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = a.tensor(1);
    List<Long> shape = Layout.broadcast(self.type().shape(), other.type().shape());
    GradNode fn =
        p.record(
            "LinalgCrossBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              for (int i = 1; i >= 0; i--) {
                out[i] = n.needs(i) ? e.empty(TensorType.of(self.type().dtype(), shape)) : null;
              }
              return out;
            },
            self,
            other);
    p.save(fn, other);
    p.save(fn, self);
    return List.of(p.attach(fn, p.empty(TensorType.of(self.type().dtype(), shape))));
  }

  private static List<PaperTensor> outer(PaperEngine p, Args a) {
    PaperTensor column = Views.reshape(p, a.tensor(0), List.of(a.tensor(0).type().elements(), 1L));
    PaperTensor result = Arithmetic.mul(p, column, a.tensor(1));
    p.release(column);
    return List.of(result);
  }

  /** {@code _trilinear}: an output feature at a time, with a product and a sum as scratch. */
  private static List<PaperTensor> bilinear(PaperEngine p, Args a) {
    List<Long> shape = new ArrayList<>(a.tensor(0).type().shape());
    PaperTensor input1 = flattened(p, a.tensor(0));
    PaperTensor input2 = flattened(p, a.tensor(1));
    PaperTensor weight = a.tensor(2);
    long rows = input1.type().size(0);
    long in1 = weight.type().size(1);
    long in2 = weight.type().size(2);
    long features = weight.type().size(0);
    var dtype = weight.type().dtype();
    GradNode fn =
        p.record(
            "TrilinearBackward0",
            1,
            (e, n, g) -> {
              PaperTensor for1 =
                  n.needs(0)
                      ? unrolled(e, input1.type(), rows * in1 * in2, rows * in1, features)
                      : null;
              PaperTensor forWeight =
                  n.needs(1) ? unrolled(e, weight.type(), rows * in1, in1 * in2, features) : null;
              PaperTensor for2 =
                  n.needs(2) ? unrolled(e, input2.type(), rows * in2, rows * in2, features) : null;
              return new @Nullable PaperTensor[] {for1, forWeight, for2};
            },
            input1,
            weight,
            input2);
    p.save(fn, input1);
    p.save(fn, weight);
    p.save(fn, input2);
    PaperTensor result = p.empty(dtype, rows, features);
    for (long i = 0; i < features; i++) {
      PaperTensor product = p.empty(dtype, rows * in2);
      PaperTensor sum = p.empty(dtype, rows);
      p.release(product);
      p.release(sum);
    }
    p.attach(fn, result);
    shape.set(shape.size() - 1, features);
    PaperTensor output = Views.view(p, result, shape);
    p.release(result);
    PaperTensor bias = a.optionalTensor(3);
    if (bias != null) {
      PaperTensor sum = Arithmetic.add(p, output, bias, 1);
      p.release(output);
      output = sum;
    }
    p.release(input2);
    p.release(input1);
    return List.of(output);
  }

  /** All rows one below the other: always a view, or a copy of what cannot be viewed so. */
  private static PaperTensor flattened(PaperEngine p, PaperTensor input) {
    return Views.reshape(p, input, List.of(-1L, input.type().size(-1)));
  }

  private static PaperTensor unrolled(
      PaperEngine e, TensorType type, long first, long second, long times) {
    PaperTensor result = e.empty(TensorType.of(type.dtype(), type.shape()));
    for (long i = 0; i < times; i++) {
      PaperTensor product = e.empty(type.dtype(), first);
      PaperTensor sum = e.empty(type.dtype(), second);
      e.release(product);
      e.release(sum);
    }
    return result;
  }

  /** {@code ((x1 / |x1|) * (x2 / |x2|)).sum(dim)} with copies of the norms, clamped in place. */
  private static List<PaperTensor> cosineSimilarity(PaperEngine p, Args a) {
    List<Long> shape = Layout.broadcast(a.tensor(0).type().shape(), a.tensor(1).type().shape());
    PaperTensor x2 = expanded(p, a.tensor(1), shape);
    PaperTensor x1 = expanded(p, a.tensor(0), shape);
    List<Long> dims = List.of(a.integer(2));
    PaperTensor norm1 = copiedNorm(p, x1, dims);
    PaperTensor norm2 = copiedNorm(p, x2, dims);
    PaperTensor right = Arithmetic.div(p, x2, norm2);
    PaperTensor left = Arithmetic.div(p, x1, norm1);
    PaperTensor product = Arithmetic.mul(p, left, right);
    PaperTensor result = Reduction.sum(p, product, dims, false);
    p.release(product);
    p.release(left);
    p.release(right);
    p.release(norm2);
    p.release(norm1);
    p.release(x2);
    p.release(x1);
    return List.of(result);
  }

  private static PaperTensor expanded(PaperEngine p, PaperTensor x, List<Long> shape) {
    return x.type().shape().equals(shape) ? p.retain(x) : Views.expand(p, x, shape);
  }

  private static PaperTensor copiedNorm(PaperEngine p, PaperTensor x, List<Long> dims) {
    PaperTensor norm = Norms.norm(p, x, 2, dims, true);
    PaperTensor copy = Copies.clone(p, norm, Layout.like(norm));
    p.release(norm);
    return copy;
  }
}
