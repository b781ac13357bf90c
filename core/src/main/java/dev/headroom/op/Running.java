package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;

/** Running maxima, minima, sums and products ({@code aten/src/ATen/native/ReduceOps.cpp}). */
final class Running {
  private Running() {}

  static void register(Registry ops) {
    for (String name : List.of("cummax", "cummin")) {
      ops.add(name + "(Tensor self, int dim)", Running::extremes);
    }
    ops.add("cumsum_(Tensor(a!) self, int dim, *, ScalarType? dtype=None)", Running::cumulativeSum);
    ops.add("cumsum(Tensor self, int dim, *, ScalarType? dtype=None)", Running::cumulativeSum);
    ops.add("cumprod(Tensor self, int dim, *, ScalarType? dtype=None)", Running::product);
  }

  /** Keeps the input, of which backward reads the sizes, and the places. */
  private static List<PaperTensor> extremes(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "CummaxBackward0",
            2,
            (e, n, g) -> new PaperTensor[] {e.empty(TensorType.of(type.dtype(), type.shape()))},
            self);
    p.save(fn, self);
    PaperTensor result = p.empty(TensorType.of(type.dtype(), type.shape()));
    PaperTensor places = p.empty(TensorType.of(DType.INT64, type.shape()));
    p.save(fn, places);
    return List.of(p.attach(fn, result, 0), places);
  }

  /**
   * Keeps input and result. Backward looks for zeros among the values; as long as there are none,
   * it is {@code reversed_cumsum(result * grad) / self}.
   */
  private static List<PaperTensor> product(PaperEngine p, Args a) {
    PaperTensor self = Copies.to(p, a.tensor(0), a.dtype(2), false);
    GradNode fn =
        p.record(
            "CumprodBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor weighted = f.binary(n.saved(1), given(g));
              PaperTensor zeros = f.compare(n.saved(0), 0L);
              e.release(e.empty(DType.BOOL));
              PaperTensor reversed = e.empty(Layout.like(weighted));
              PaperTensor sums = e.empty(Layout.like(weighted));
              PaperTensor back = f.keep(e.empty(Layout.like(weighted)));
              e.release(sums);
              e.release(reversed);
              PaperTensor result = f.keep(e.empty(Layout.like(back)));
              e.retain(result);
              f.endIn(back, zeros, weighted, result);
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    PaperTensor result = p.empty(Layout.like(self));
    p.save(fn, result);
    p.release(self);
    return List.of(p.attach(fn, result));
  }

  /** Keeps nothing; backward is the sum from the other end, between two flips. */
  private static List<PaperTensor> cumulativeSum(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "CumsumBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              if (grad.type().elements() <= 1) {
                return new PaperTensor[] {e.retain(grad)};
              }
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.like(f.like(f.like(grad))))};
            },
            self);
    boolean whole = Promotion.kind(type.dtype()) < 2;
    var dtype = a.dtype(2) != null ? a.dtype(2) : whole ? DType.INT64 : type.dtype();
    if (Indexing.inPlace(a.op())) {
      return List.of(p.rewrite(fn, self));
    }
    TensorType result = TensorType.of(dtype, type.shape());
    PaperTensor out = p.empty(result);
    if (dtype != type.dtype()) {
      p.release(p.empty(Layout.like(type).withDType(dtype)));
    }
    return List.of(p.attach(fn, out));
  }
}
