package dev.headroom.op;

import static dev.headroom.op.Convolution.gradient;

import dev.headroom.op.Convolution.Shape;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Transposed convolutions on the plain CPU kernels ({@code NaiveConvolutionTranspose2d.cpp}, {@code
 * NaiveConvolutionTranspose3d.cpp}): columns as wide as the input, of the whole batch in two
 * dimensions' forward, else of one sample at a time.
 */
final class TransposedKernel {
  private TransposedKernel() {}

  static PaperTensor forward(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    long sample = sampleColumns(in, weight);
    if (s.dims() < 3) {
      PaperTensor ordered = ConvolutionKernel.ordered(p, in, weight);
      PaperTensor result = p.empty(out);
      p.releaseIfAny(p.scratch(in.dtype(), Math.multiplyExact(in.size(0), sample)));
      p.releaseIfAny(ordered);
      return result;
    }
    // The result is made as large as the input first, and stays so if that is enough.
    PaperTensor first = p.empty(Layout.contiguous(in));
    boolean fits = out.elements() <= in.elements();
    PaperTensor result = fits ? p.alias(first, out) : p.empty(out);
    p.release(first);
    PaperTensor columns = p.scratch(in.dtype(), sample);
    if (hasBias) {
      p.releaseIfAny(p.scratch(in.dtype(), plane(out)));
    }
    p.releaseIfAny(columns);
    return result;
  }

  static @Nullable PaperTensor[] backward(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    DType dtype = in.dtype();
    boolean flat = s.dims() < 3;
    long columns = s.isPointwise(weight) ? 0 : sampleColumns(in, weight);
    TensorType dense = Layout.image(dtype, grad.shape(), flat && Layout.isChannelsLast(in));
    boolean copies = !grad.strides().equals(dense.strides());
    PaperTensor ordered = flat ? ConvolutionKernel.ordered(p, in, weight) : null;
    PaperTensor forInput = null;
    if (needs[0]) {
      PaperTensor copy = copies ? p.empty(dense) : null;
      forInput = p.empty(flat ? Layout.image(in) : Layout.contiguous(in));
      p.releaseIfAny(p.scratch(dtype, columns));
      p.releaseIfAny(copy);
    }
    List<Long> filters = List.of(s.filters(weight));
    PaperTensor forBias = gradient(p, needs[2] && flat, dtype, filters);
    PaperTensor forWeight =
        needs[1]
            ? p.empty(Layout.image(dtype, weight.shape(), flat && Layout.isChannelsLast(in)))
            : null;
    if (!flat) {
      forBias = gradient(p, needs[2], dtype, filters);
    }
    if (needs[1] || (needs[2] && !flat)) {
      PaperTensor copy = copies ? p.empty(dense) : null;
      p.releaseIfAny(p.scratch(dtype, columns));
      p.releaseIfAny(copy);
    }
    p.releaseIfAny(ordered);
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  private static long sampleColumns(TensorType in, TensorType weight) {
    long perInput = Convolution.product(weight.shape().subList(1, weight.rank()));
    return Math.multiplyExact(perInput, plane(in));
  }

  private static long plane(TensorType image) {
    return Convolution.product(image.shape().subList(2, image.rank()));
  }
}
