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

/** Largest and smallest values, their places, sorting, and tests over dimensions. */
final class MaxMin {
  private MaxMin() {}

  static void register(Registry ops) {
    for (String name : List.of("amax", "amin")) {
      ops.add(name + "(Tensor self, int[1] dim=[], bool keepdim=False)", MaxMin::values);
    }
    for (String name : List.of("max", "min")) {
      ops.add(name + "(Tensor self)", MaxMin::single);
      ops.add(name + ".dim(Tensor self, int dim, bool keepdim=False)", MaxMin::withIndices);
      ops.add(name + ".other(Tensor self, Tensor other)", Extremes::ofTwo);
    }
    ops.add("aminmax(Tensor self, *, int? dim=None, bool keepdim=False)", MaxMin::both);
    for (String name : List.of("argmax", "argmin")) {
      ops.add(name + "(Tensor self, int? dim=None, bool keepdim=False)", MaxMin::places);
    }
    for (String name : List.of("any", "all")) {
      ops.add(name + "(Tensor self)", (p, a) -> test(p, a, List.of(), false));
      ops.add(
          name + ".dim(Tensor self, int dim, bool keepdim=False)",
          (p, a) -> test(p, a, List.of(a.integer(1)), a.bool(2)));
      ops.add(
          name + ".dims(Tensor self, int[]? dim=None, bool keepdim=False)",
          (p, a) -> test(p, a, a.has(1) ? a.integers(1) : List.of(), a.bool(2)));
    }
    ops.add(
        "sort(Tensor self, int dim=-1, bool descending=False)", (p, a) -> sort(p, a, a.integer(1)));
    ops.add(
        "sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False)",
        (p, a) -> sort(p, a, a.integer(2)));
    ops.add(
        "topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True)",
        MaxMin::topk);
  }

  /** Smallest and largest values, without a derivative. */
  private static List<PaperTensor> both(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    @Nullable List<Long> dims = a.has(1) ? List.of(a.integer(1)) : null;
    TensorType reduced = Reduce.reduced(type, Reduce.dims(type, dims), a.bool(2), type.dtype());
    return List.of(p.empty(reduced), p.empty(reduced));
  }

  /** Keeps input and result; the gradient is shared among equals ({@code scale_grad_by_count}). */
  private static List<PaperTensor> values(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<Integer> over = Reduce.dims(type, a.integers(1));
    boolean keepDim = a.bool(2);
    GradNode fn =
        p.record(
            "AmaxBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor wideResult = f.keep(Reduce.restored(e, n.saved(1), type, over, keepDim));
              PaperTensor mask = f.compare(wideResult, n.saved(0));
              PaperTensor wide = f.keep(Reduce.restored(e, given(g), type, over, keepDim));
              Formula inner = new Formula(e);
              List<Long> dims = over.stream().map(Integer::longValue).toList();
              PaperTensor count = inner.sum(mask, dims, true);
              PaperTensor quotient = inner.divide(wide, count);
              PaperTensor out = inner.value(inner.binary(quotient, mask));
              return new PaperTensor[] {f.value(f.keep(out))};
            },
            self);
    return Reduce.keepingBoth(p, fn, self, Reduce.reduced(type, over, keepDim, type.dtype()));
  }

  /** Keeps input and result. */
  private static List<PaperTensor> single(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn = sharing(p, "MaxBackward1", self);
    return Reduce.keepingBoth(p, fn, self, TensorType.of(self.type().dtype()));
  }

  /** {@code evenly_distribute_backward}: input and result are to be kept, in this order. */
  static @Nullable GradNode sharing(PaperEngine p, String name, PaperTensor self) {
    TensorType type = self.type();
    return p.record(
        name,
        1,
        (e, n, g) -> {
          Formula f = new Formula(e);
          PaperTensor isNan = e.empty(DType.BOOL);
          PaperTensor mask = f.compare(n.saved(0), n.saved(1));
          e.release(isNan);
          PaperTensor out = f.keep(e.empty(TensorType.of(type.dtype(), type.shape())));
          f.divide(given(g), f.sum(mask, List.of(), false));
          return new PaperTensor[] {f.value(out)};
        },
        self);
  }

  /** Keeps the indices; backward scatters into zeros. */
  private static List<PaperTensor> withIndices(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<Integer> over = List.of(Layout.wrap(a.integer(1), type.rank()));
    boolean keepDim = a.bool(2);
    GradNode fn = selecting(p, "MaxBackward0", self);
    PaperTensor result = p.empty(Reduce.reduced(type, over, keepDim, type.dtype()));
    PaperTensor indices = p.empty(Reduce.reduced(type, over, keepDim, DType.INT64));
    p.save(fn, indices);
    return List.of(p.attach(fn, result, 0), indices);
  }

  /** {@code value_selecting_reduction_backward}: zeros that the gradient is scattered into. */
  static @Nullable GradNode selecting(PaperEngine p, String name, PaperTensor self) {
    TensorType type = self.type();
    return p.record(
        name,
        2,
        (e, n, g) -> {
          PaperTensor zeros = e.empty(TensorType.of(type.dtype(), type.shape()));
          HalfPrecision.writeByIndex(e, type);
          return new PaperTensor[] {zeros};
        },
        self);
  }

  private static List<PaperTensor> places(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    List<Integer> over =
        a.has(1) ? List.of(Layout.wrap(a.integer(1), type.rank())) : Reduce.dims(type, null);
    return List.of(p.empty(Reduce.reduced(type, over, a.bool(2), DType.INT64)));
  }

  private static List<PaperTensor> test(PaperEngine p, Args a, List<Long> dims, boolean keepDim) {
    TensorType type = a.tensor(0).type();
    PaperTensor result =
        p.empty(Reduce.reduced(type, Reduce.dims(type, dims), keepDim, DType.BOOL));
    if (type.dtype() != DType.BOOL && !p.backend().isCuda()) {
      // The CPU's kernel reads truth values alone.
      p.release(p.empty(Layout.like(type).withDType(DType.BOOL)));
    }
    return List.of(result);
  }

  /** Values, indices, and the numbers of the places along the dimension. */
  private static List<PaperTensor> sort(PaperEngine p, Args a, long dim) {
    PaperTensor self = a.tensor(0);
    GradNode fn = selecting(p, "SortBackward0", self);
    PaperTensor result = p.empty(Layout.like(self));
    PaperTensor indices = p.empty(Layout.like(self).withDType(DType.INT64));
    numbered(p, self.type(), dim);
    p.save(fn, indices);
    return List.of(p.attach(fn, result, 0), indices);
  }

  /** On the CPU the places along the dimension are numbered first. */
  static void numbered(PaperEngine p, TensorType type, long dim) {
    long places = type.rank() == 0 ? 1 : type.size(Layout.wrap(dim, type.rank()));
    p.releaseIfAny(p.scratch(DType.INT64, p.backend().isCuda() ? 0 : places));
  }

  private static List<PaperTensor> topk(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<Long> shape = new ArrayList<>(type.shape());
    if (!shape.isEmpty()) {
      shape.set(Layout.wrap(a.integer(2), type.rank()), a.integer(1));
    }
    GradNode fn = selecting(p, "TopkBackward0", self);
    PaperTensor result = p.empty(TensorType.of(type.dtype(), shape));
    PaperTensor indices = p.empty(TensorType.of(DType.INT64, shape));
    p.save(fn, indices);
    return List.of(p.attach(fn, result, 0), indices);
  }
}
