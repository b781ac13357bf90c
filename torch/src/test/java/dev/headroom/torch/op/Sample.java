package dev.headroom.torch.op;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor given to an operator under test.
 *
 * @param type its type when allocated
 * @param grad whether it is a leaf whose gradient is wanted
 * @param values integers to fill it with, repeated; empty for seeded random values
 * @param swap two dimensions that are swapped by a view before the call, or empty
 * @param narrow the last dimension is cut to half by a view before the call
 */
record Sample(TensorType type, boolean grad, List<Long> values, List<Long> swap, boolean narrow) {
  /** A float32 leaf that wants a gradient. */
  static Sample f(long... shape) {
    return new Sample(TensorType.of(DType.FLOAT32, shape), true, List.of(), List.of(), false);
  }

  /** A float32 leaf that wants a gradient, channels last in memory. */
  static Sample nhwc(long n, long c, long h, long w) {
    return new Sample(
        new TensorType(DType.FLOAT32, List.of(n, c, h, w), List.of(h * w * c, 1L, w * c, c)),
        true,
        List.of(),
        List.of(),
        false);
  }

  /** Of another element type; no gradient unless it is floating. */
  static Sample of(DType dtype, long... shape) {
    return new Sample(TensorType.of(dtype, shape), false, List.of(), List.of(), false);
  }

  /** int64 indices, the given values repeated. */
  static Sample ints(List<Long> values, long... shape) {
    return new Sample(TensorType.of(DType.INT64, shape), false, values, List.of(), false);
  }

  Sample noGrad() {
    return new Sample(type, false, values, swap, narrow);
  }

  Sample wantsGrad() {
    return new Sample(type, true, values, swap, narrow);
  }

  Sample swapped(long a, long b) {
    return new Sample(type, grad, values, List.of(a, b), narrow);
  }

  Sample narrowed() {
    return new Sample(type, grad, values, swap, true);
  }

  @Override
  public String toString() {
    return (grad ? "" : "const ")
        + type
        + (type.isContiguous() ? "" : type.strides())
        + (swap.isEmpty() ? "" : " swapped " + swap)
        + (narrow ? " narrowed" : "")
        + (values.isEmpty() ? "" : "=" + values);
  }

  static List<Long> longs(long... values) {
    return Arrays.stream(values).boxed().toList();
  }
}
