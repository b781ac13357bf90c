package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;

/** Medians and their like ({@code aten/src/ATen/native/Sorting.cpp}): a value and its place. */
final class OrderStatistics {
  private OrderStatistics() {}

  static void register(Registry ops) {
    for (String name : List.of("median", "nanmedian")) {
      ops.add(name + "(Tensor self)", OrderStatistics::middle);
      ops.add(
          name + ".dim(Tensor self, int dim, bool keepdim=False)",
          (p, a) -> selected(p, a, a.integer(1), a.bool(2), Scratch.LINED_UP));
    }
    ops.add(
        "kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False)",
        (p, a) -> selected(p, a, a.integer(2), a.bool(3), Scratch.COPY_AND_PLACES));
    ops.add(
        "mode(Tensor self, int dim=-1, bool keepdim=False)",
        (p, a) -> selected(p, a, a.integer(1), a.bool(2), Scratch.NONE));
    ops.add(
        "argsort(Tensor self, int dim=-1, bool descending=False)",
        (p, a) -> places(p, a, a.integer(1)));
    ops.add(
        "argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False)",
        (p, a) -> places(p, a, a.integer(2)));
    ops.add("msort(Tensor self)", OrderStatistics::sortedRows);
  }

  /** What a kernel takes for itself. */
  private enum Scratch {
    NONE,
    /** A copy in which the values of one row are neighbours, unless they are. */
    LINED_UP,
    /** A copy of the values and their places, both partly sorted. */
    COPY_AND_PLACES
  }

  private static List<PaperTensor> selected(
      PaperEngine p, Args a, long dimension, boolean keepDim, Scratch scratch) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    int dim = Layout.wrap(dimension, type.rank());
    List<Integer> over = List.of(dim);
    GradNode fn = MaxMin.selecting(p, "MedianBackward1", self);
    PaperTensor result = p.empty(Reduce.reduced(type, over, keepDim, type.dtype()));
    PaperTensor indices = p.empty(Reduce.reduced(type, over, keepDim, DType.INT64));
    if (p.backend().isCuda()) {
      cudaScratch(p, type, scratch, dim);
    } else if (scratch == Scratch.LINED_UP && type.rank() > 0 && type.strides().get(dim) != 1) {
      p.release(p.empty(Layout.contiguous(type)));
    } else if (scratch == Scratch.COPY_AND_PLACES) {
      PaperTensor copy = p.empty(Layout.contiguous(type));
      p.releaseIfAny(p.scratch(DType.INT64, type.elements()));
      p.release(copy);
    }
    p.save(fn, indices);
    return List.of(p.attach(fn, result, 0), indices);
  }

  /**
   * CUDA's kernels select without a copy of their own; they read rows that lie without gaps ({@code
   * cuda/Sorting.cpp}, {@code cuda/TensorModeKernel.cpp}).
   */
  private static void cudaScratch(PaperEngine p, TensorType type, Scratch scratch, int dim) {
    TensorType read = type;
    if (scratch == Scratch.NONE && type.rank() > 0) {
      read = type.transpose(dim, type.rank() - 1);
    }
    if (!read.isContiguous()) {
      p.release(p.empty(Layout.contiguous(read)));
    }
  }

  /** Of all values; the gradient is shared among equals, as that of {@code max()}. */
  private static List<PaperTensor> middle(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn = MaxMin.sharing(p, "MedianBackward0", self);
    p.save(fn, self);
    if (p.backend().isCuda()) {
      PaperTensor middle = sortedMiddle(p, self.type());
      p.save(fn, middle);
      return List.of(p.attach(fn, middle));
    }
    PaperTensor copy = p.empty(Layout.contiguous(self.type()));
    PaperTensor result = p.empty(self.type().dtype());
    p.release(copy);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /** CUDA sorts all values and takes the one in the middle, or the last if that is no number. */
  private static PaperTensor sortedMiddle(PaperEngine p, TensorType type) {
    PaperTensor flat = PlainConvolution.dense(p, type, MemoryFormat.CONTIGUOUS);
    PaperTensor sorted = p.empty(type.dtype(), type.elements());
    p.releaseIfAny(p.scratch(DType.INT64, type.elements()));
    p.release(flat);
    PaperTensor isNone = p.empty(DType.BOOL);
    PaperTensor middle = p.empty(type.dtype());
    p.release(isNone);
    p.release(sorted);
    return middle;
  }

  private static List<PaperTensor> places(PaperEngine p, Args a, long dim) {
    PaperTensor self = a.tensor(0);
    PaperTensor values = p.empty(Layout.like(self));
    PaperTensor indices = p.empty(Layout.like(self).withDType(DType.INT64));
    MaxMin.numbered(p, self.type(), dim);
    p.release(values);
    return List.of(indices);
  }

  private static List<PaperTensor> sortedRows(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    return List.of(f.value(f.call("aten.sort.default", a.tensor(0), 0L, false)));
  }
}
