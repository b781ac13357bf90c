package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sums and means. Their backward is a view: the gradient is expanded to the input's sizes; a mean
 * divides it by the number of elements, which makes it dense.
 */
final class Reduce {
  private Reduce() {}

  /** Dimensions of a reduction, counted from the front; all where none are named. */
  static List<Integer> dims(TensorType type, @Nullable List<Long> named) {
    List<Integer> out = new ArrayList<>();
    if (named == null || named.isEmpty()) {
      for (int i = 0; i < type.rank(); i++) {
        out.add(i);
      }
    } else {
      named.forEach(d -> out.add(Layout.wrap(d, type.rank())));
    }
    return out;
  }

  /** Type of a reduction's result: row-major in the order of the input's strides. */
  static TensorType reduced(TensorType self, List<Integer> dims, boolean keepDim, DType dtype) {
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < self.rank(); i++) {
      if (!dims.contains(i)) {
        shape.add(self.shape().get(i));
      } else if (keepDim) {
        shape.add(1L);
      }
    }
    return TensorType.of(dtype, shape);
  }

  /** A result of a type, for a node that keeps the input and then the result. */
  static List<PaperTensor> keepingBoth(
      PaperEngine p, @Nullable GradNode fn, PaperTensor self, TensorType type) {
    p.save(fn, self);
    PaperTensor result = p.empty(type);
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /** {@code sum} without history; the input is cast first if the result has another type. */
  static PaperTensor sum(
      PaperEngine p,
      PaperTensor self,
      @Nullable List<Long> dims,
      boolean keepDim,
      @Nullable DType dtype) {
    DType from = self.type().dtype();
    DType to = dtype != null ? dtype : Promotion.kind(from) < 2 ? DType.INT64 : from;
    PaperTensor result = p.empty(reduced(self.type(), dims(self.type(), dims), keepDim, to));
    if (from != to) {
      p.release(p.empty(Layout.like(self).withDType(to)));
    }
    HalfPrecision.sum(p, self.type(), dims(self.type(), dims), result.type());
    return result;
  }

  /** {@code sum_backward}: the gradient seen at every element that was summed. */
  static PaperTensor expanded(
      PaperEngine p, PaperTensor grad, TensorType self, List<Integer> over, boolean keepDim) {
    PaperTensor restored = restored(p, grad, self, over, keepDim);
    PaperTensor view = p.view(restored, expand(restored.type(), self.shape()));
    p.release(restored);
    return view;
  }

  /** {@code restore_reduced_dims}: a view with size 1 where was reduced. */
  static PaperTensor restored(
      PaperEngine p, PaperTensor reduced, TensorType self, List<Integer> over, boolean keepDim) {
    TensorType type = reduced.type();
    if (!keepDim) {
      List<Integer> ascending = new ArrayList<>(over);
      Collections.sort(ascending);
      for (int dim : ascending) {
        type = Layout.unsqueezed(type, dim);
      }
    }
    return p.view(reduced, type);
  }

  /** {@code expand} of a type with the same number of dimensions or fewer. */
  static TensorType expand(TensorType type, List<Long> shape) {
    int leading = shape.size() - type.rank();
    List<Long> strides = new ArrayList<>();
    for (int i = 0; i < shape.size(); i++) {
      boolean own = i >= leading && type.shape().get(i - leading).equals(shape.get(i));
      strides.add(own ? type.strides().get(i - leading) : Long.valueOf(0));
    }
    return new TensorType(type.dtype(), shape, strides);
  }

  /** {@code mean} without history: a sum, divided in place by the count. */
  static PaperTensor mean(
      PaperEngine p,
      PaperTensor self,
      @Nullable List<Long> dims,
      boolean keepDim,
      @Nullable DType dtype) {
    PaperTensor result = sum(p, self, dims, keepDim, dtype == null ? self.type().dtype() : dtype);
    PaperTensor count = p.wrap(1L);
    Pointwise.inPlace(p, result.type().dtype(), result, count);
    p.release(count);
    return result;
  }
}
