package dev.headroom.op;

import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Shapes and strides of results, as ATen computes them. */
final class Layout {
  private Layout() {}

  /** What {@code empty_like} with the preserve format gives: dense, in the same order. */
  static TensorType like(TensorType t) {
    return t.isNonOverlappingAndDense()
        ? t
        : new TensorType(t.dtype(), t.shape(), strides(t.shape(), t));
  }

  static TensorType like(PaperTensor t) {
    return like(t.type());
  }

  /** The same sizes, row-major. */
  static TensorType contiguous(TensorType t) {
    return t.isContiguous() ? t : TensorType.of(t.dtype(), t.shape());
  }

  /** Sizes that two tensors broadcast to. */
  static List<Long> broadcast(List<Long> a, List<Long> b) {
    if (a.equals(b)) {
      return a;
    }
    int rank = Math.max(a.size(), b.size());
    Long[] out = new Long[rank];
    for (int i = 1; i <= rank; i++) {
      long x = i <= a.size() ? a.get(a.size() - i) : 1;
      long y = i <= b.size() ? b.get(b.size() - i) : 1;
      if (x != y && x != 1 && y != 1) {
        throw new IllegalArgumentException(
            "sizes " + a + " and " + b + " do not broadcast: " + x + " against " + y);
      }
      out[rank - i] = x == 1 ? y : x;
    }
    return List.of(out);
  }

  /** The type of an element-wise result: broadcast sizes, strides as TensorIterator chooses. */
  static TensorType pointwise(DType dtype, TensorType... operands) {
    TensorType first = operands[0];
    List<Long> shape = first.shape();
    boolean same = true;
    for (int i = 1; i < operands.length; i++) {
      TensorType operand = operands[i];
      if (!operand.shape().equals(first.shape())) {
        shape = broadcast(shape, operand.shape());
        same = false;
      } else if (!operand.strides().equals(first.strides())) {
        same &= operand.isContiguous() && first.isContiguous();
      }
    }
    if (same && first.isNonOverlappingAndDense()) {
      return first.withDType(dtype);
    }
    return new TensorType(dtype, shape, strides(shape, operands));
  }

  /**
   * Dense strides in the order of the operands' ({@code TensorIteratorBase::reorder_dimensions}):
   * an insertion sort in which broadcast dimensions have no say.
   */
  private static List<Long> strides(List<Long> shape, TensorType... operands) {
    int rank = shape.size();
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = rank - 1 - i;
    }
    for (int i = 1; i < rank; i++) {
      int at = i;
      for (int before = i - 1; before >= 0; before--) {
        int swap = shouldSwap(shape, operands, order[before], order[at]);
        if (swap > 0) {
          int tmp = order[before];
          order[before] = order[at];
          order[at] = tmp;
          at = before;
        } else if (swap < 0) {
          break;
        }
      }
    }
    Long[] strides = new Long[rank];
    long step = 1;
    for (int dim : order) {
      strides[dim] = step;
      step = Math.multiplyExact(step, Math.max(1, shape.get(dim)));
    }
    return List.of(strides);
  }

  private static int shouldSwap(List<Long> shape, TensorType[] operands, int a, int b) {
    for (TensorType operand : operands) {
      long strideA = stride(operand, shape, a);
      long strideB = stride(operand, shape, b);
      if (strideA == 0 || strideB == 0) {
        continue;
      }
      if (strideA != strideB) {
        return strideA < strideB ? -1 : 1;
      }
      if (shape.get(a) > shape.get(b)) {
        return 1;
      }
    }
    return 0;
  }

  /** Stride of an operand along a dimension of the result; 0 where it is broadcast. */
  private static long stride(TensorType operand, List<Long> shape, int dim) {
    int own = dim - (shape.size() - operand.rank());
    return own < 0 || (operand.shape().get(own) == 1 && shape.get(dim) != 1)
        ? 0
        : operand.strides().get(own);
  }

  /**
   * Whether the channels (dimension 1) lie side by side ({@code is_channels_last_strides}): the
   * order that kernels for images then keep.
   */
  static boolean isChannelsLast(TensorType t) {
    if ((t.rank() != 4 && t.rank() != 5) || t.strides().get(1) == 0) {
      return false;
    }
    long least = 0;
    for (int i = 0; i < t.rank(); i++) {
      // Channels, then the last dimension and so on to the batch.
      int d = i == 0 ? 1 : i == t.rank() - 1 ? 0 : t.rank() - i;
      long stride = t.strides().get(d);
      if (t.size(d) == 0 || stride < least || (d == 0 && least == t.strides().get(1))) {
        return false;
      }
      least = t.size(d) > 1 ? stride * t.size(d) : stride;
    }
    return true;
  }

  /** Sizes in the channels-last order or row-major. */
  static TensorType image(DType dtype, List<Long> shape, boolean channelsLast) {
    if (!channelsLast) {
      return TensorType.of(dtype, shape);
    }
    Long[] strides = new Long[shape.size()];
    long step = 1;
    for (int i = 0; i < strides.length; i++) {
      int d = i == 0 ? 1 : i == strides.length - 1 ? 0 : strides.length - i;
      strides[d] = step;
      step = Math.multiplyExact(step, Math.max(1, shape.get(d)));
    }
    return new TensorType(dtype, shape, List.of(strides));
  }

  /** The same sizes, dense, in the order that kernels for images choose. */
  static TensorType image(TensorType t) {
    return image(t.dtype(), t.shape(), isChannelsLast(t));
  }

  /** A dimension counted from the front. */
  static int wrap(long dim, int rank) {
    long wrapped = dim < 0 ? dim + Math.max(1, rank) : dim;
    if (wrapped < 0 || wrapped >= Math.max(1, rank)) {
      throw new IllegalArgumentException(
          "dimension " + dim + " is out of range for a tensor with " + rank + " dimensions");
    }
    return (int) wrapped;
  }

  /** Sizes with a -1 replaced by what is left. */
  static List<Long> infer(TensorType self, List<Long> sizes) {
    long known = 1;
    int open = -1;
    for (int i = 0; i < sizes.size(); i++) {
      if (sizes.get(i) == -1) {
        open = i;
      } else {
        known = Math.multiplyExact(known, sizes.get(i));
      }
    }
    List<Long> out = sizes;
    if (open >= 0) {
      out = new ArrayList<>(sizes);
      out.set(open, known == 0 ? 0 : self.elements() / known);
      known *= out.get(open);
    }
    if (known != self.elements()) {
      throw new IllegalArgumentException(
          "shape "
              + sizes
              + " is invalid for a tensor of "
              + self.elements()
              + " elements "
              + self);
    }
    return out;
  }

  /**
   * Strides that let other sizes look at the same elements without a copy; null if there are none
   * ({@code at::detail::computeStride}).
   */
  static @Nullable TensorType viewed(TensorType self, List<Long> sizes) {
    if (self.isContiguous()) {
      return TensorType.of(self.dtype(), sizes);
    }
    long elements = self.elements();
    if (elements == 0) {
      return TensorType.of(self.dtype(), sizes);
    }
    Long[] strides = new Long[sizes.size()];
    int at = sizes.size() - 1;
    long chunkBase = self.strides().getLast();
    long chunk = 1;
    long viewed = 1;
    for (int d = self.rank() - 1; d >= 0; d--) {
      chunk *= self.shape().get(d);
      if (d == 0
          || (self.shape().get(d - 1) != 1 && self.strides().get(d - 1) != chunk * chunkBase)) {
        while (at >= 0 && (viewed < chunk || sizes.get(at) == 1)) {
          strides[at] = viewed * chunkBase;
          viewed *= sizes.get(at);
          at--;
        }
        if (viewed != chunk) {
          return null;
        }
        if (d > 0) {
          chunkBase = self.strides().get(d - 1);
          chunk = 1;
          viewed = 1;
        }
      }
    }
    return at == -1 ? new TensorType(self.dtype(), sizes, Arrays.asList(strides)) : null;
  }

  /** The same with some dimensions replaced. */
  static TensorType with(TensorType self, int dim, long size, long stride) {
    List<Long> shape = new ArrayList<>(self.shape());
    List<Long> strides = new ArrayList<>(self.strides());
    shape.set(dim, size);
    strides.set(dim, stride);
    return new TensorType(self.dtype(), shape, strides);
  }

  /** The same without a dimension. */
  static TensorType without(TensorType self, int dim) {
    List<Long> shape = new ArrayList<>(self.shape());
    List<Long> strides = new ArrayList<>(self.strides());
    shape.remove(dim);
    strides.remove(dim);
    return new TensorType(self.dtype(), shape, strides);
  }

  /** The same with a dimension of size 1 put in, as {@code unsqueeze}. */
  static TensorType unsqueezed(TensorType self, int dim) {
    List<Long> shape = new ArrayList<>(self.shape());
    List<Long> strides = new ArrayList<>(self.strides());
    strides.add(dim, dim >= self.rank() ? 1 : self.shape().get(dim) * self.strides().get(dim));
    shape.add(dim, 1L);
    return new TensorType(self.dtype(), shape, strides);
  }
}
