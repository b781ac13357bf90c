package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sums and means; the gradient is expanded, a view, and divided for a mean. */
final class Reduction {
  private Reduction() {}

  static void register(Registry ops) {
    ops.add(
        "mean(Tensor self, *, ScalarType? dtype=None)",
        (p, a) -> List.of(mean(p, a.tensor(0), all(a.tensor(0).type()), false, a.dtype(1))));
    ops.add(
        "mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None)",
        (p, a) -> List.of(mean(p, a.tensor(0), dims(a), a.bool(2), a.dtype(3))));
    ops.add(
        "sum(Tensor self, *, ScalarType? dtype=None)",
        (p, a) -> List.of(sum(p, a.tensor(0), all(a.tensor(0).type()), false, a.dtype(1))));
    ops.add(
        "sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None)",
        (p, a) -> List.of(sum(p, a.tensor(0), dims(a), a.bool(2), a.dtype(3))));
  }

  private static List<Long> dims(Args a) {
    return a.has(1) && !a.integers(1).isEmpty() ? a.integers(1) : all(a.tensor(0).type());
  }

  static List<Long> all(TensorType type) {
    List<Long> dims = new ArrayList<>();
    for (long i = 0; i < type.rank(); i++) {
      dims.add(i);
    }
    return dims;
  }

  /** Sizes with the given dimensions gone, or 1 where they are kept. */
  static List<Long> reduced(TensorType type, List<Long> dims, boolean keep) {
    List<Integer> gone = dims.stream().map(d -> Layout.wrap(d, type.rank())).toList();
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < type.rank(); i++) {
      if (!gone.contains(i)) {
        shape.add(type.shape().get(i));
      } else if (keep) {
        shape.add(1L);
      }
    }
    return shape;
  }

  static PaperTensor mean(PaperEngine p, PaperTensor self, List<Long> dims, boolean keep) {
    return mean(p, self, dims, keep, null);
  }

  static PaperTensor mean(
      PaperEngine p, PaperTensor self, List<Long> dims, boolean keep, @Nullable DType wanted) {
    TensorType in = self.type();
    boolean whole = dims.size() == in.rank() && !keep;
    GradNode fn =
        p.record(
            whole ? "MeanBackward0" : "MeanBackward1",
            1,
            (e, n, g) -> {
              PaperTensor expanded = expanded(e, given(g), in, dims, keep);
              PaperTensor divisor = e.wrap(1L);
              DType dtype = expanded.type().dtype();
              PaperTensor result = Pointwise.compute(e, dtype, dtype, expanded, divisor);
              e.release(divisor);
              e.release(expanded);
              return new PaperTensor[] {result};
            },
            self);
    DType dtype = wanted == null ? in.dtype() : wanted;
    if (HalfPrecision.is(dtype) && !p.backend().isCuda()) {
      // Half precision: sum and division in float32, rounded at the end.
      PaperTensor result = p.empty(TensorType.of(dtype, reduced(in, dims, keep)));
      PaperTensor exact = summed(p, in, dims, keep, DType.FLOAT32);
      divideSum(p, exact);
      p.release(exact);
      return p.attach(fn, result);
    }
    PaperTensor result = summed(p, in, dims, keep, dtype);
    divideSum(p, result);
    return p.attach(fn, result);
  }

  /** A mean on the CPU is a sum that is divided in place by a wrapped number. */
  static void divideSum(PaperEngine p, PaperTensor sum) {
    if (!p.backend().isCuda()) {
      PaperTensor count = p.wrap(1L);
      Pointwise.inPlace(p, sum.type().dtype(), sum, count);
      p.release(count);
    }
  }

  static PaperTensor sum(PaperEngine p, PaperTensor self, List<Long> dims, boolean keep) {
    return sum(p, self, dims, keep, null);
  }

  /**
   * What is reduced in another type is cast to it first; but CUDA's kernels read half precision as
   * it is where they compute in float32.
   */
  static void cast(PaperEngine p, TensorType in, DType dtype) {
    boolean asItIs = p.backend().isCuda() && in.dtype().bytes() == 2 && dtype == DType.FLOAT32;
    if (dtype != in.dtype() && !asItIs) {
      p.release(p.empty(Layout.like(in).withDType(dtype)));
    }
  }

  /** A sum of integers or truth values is int64; the input is cast first. */
  private static PaperTensor summed(
      PaperEngine p, TensorType in, List<Long> dims, boolean keep, @Nullable DType wanted) {
    DType dtype =
        wanted != null ? wanted : Promotion.kind(in.dtype()) < 2 ? DType.INT64 : in.dtype();
    PaperTensor result = p.empty(TensorType.of(dtype, reduced(in, dims, keep)));
    cast(p, in, dtype);
    HalfPrecision.sum(p, in, Reduce.dims(in, dims), result.type());
    return result;
  }

  static PaperTensor sum(
      PaperEngine p, PaperTensor self, List<Long> dims, boolean keep, @Nullable DType wanted) {
    TensorType in = self.type();
    boolean whole = dims.size() == in.rank() && !keep;
    GradNode fn =
        p.record(
            whole ? "SumBackward0" : "SumBackward1",
            1,
            (e, n, g) -> new PaperTensor[] {expanded(e, given(g), in, dims, keep)},
            self);
    return p.attach(fn, summed(p, in, dims, keep, wanted));
  }

  /** The gradient of a reduction looked at in the input's shape. */
  static PaperTensor expanded(
      PaperEngine p, PaperTensor grad, TensorType in, List<Long> dims, boolean keep) {
    PaperTensor kept = p.retain(grad);
    if (!keep) {
      List<Integer> gone = dims.stream().map(d -> Layout.wrap(d, in.rank())).sorted().toList();
      for (int dim : gone) {
        PaperTensor wider = Views.unsqueeze(p, kept, dim);
        p.release(kept);
        kept = wider;
      }
    }
    PaperTensor result = Views.expand(p, kept, in.shape());
    p.release(kept);
    return result;
  }
}
