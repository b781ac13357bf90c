package dev.headroom.op;

import static dev.headroom.op.Convolution.gradient;

import dev.headroom.op.Convolution.Shape;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
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
      PaperTensor result = p.empty(out);
      p.releaseIfAny(p.scratch(in.dtype(), Math.multiplyExact(in.size(0), sample)));
      return result;
    }
    // The result is made as large as the input first, and stays so if that is enough.
    PaperTensor result = Sampling.resized(p, p.empty(Layout.contiguous(in)), out);
    PaperTensor columns = p.scratch(in.dtype(), sample);
    if (hasBias) {
      p.releaseIfAny(p.scratch(in.dtype(), plane(out)));
    }
    p.releaseIfAny(columns);
    return result;
  }

  static @Nullable PaperTensor[] backward(
      PaperEngine p,
      TensorType grad,
      TensorType in,
      TensorType weight,
      Shape s,
      boolean[] needs,
      MemoryFormat format) {
    DType dtype = in.dtype();
    boolean flat = s.dims() < 3;
    long columns = s.isPointwise(weight) ? 0 : sampleColumns(in, weight);
    PaperTensor forInput = null;
    if (needs[0]) {
      PaperTensor copy = PlainConvolution.dense(p, grad, format);
      forInput = p.empty(Formats.of(dtype, in.shape(), format));
      p.releaseIfAny(p.scratch(dtype, columns));
      p.release(copy);
    }
    List<Long> filters = List.of(s.filters(weight));
    PaperTensor forBias = gradient(p, needs[2] && flat, dtype, filters);
    if (forBias != null) {
      HalfPrecision.sum(p, grad, PlainConvolution.summed(grad), forBias.type());
    }
    PaperTensor forWeight = needs[1] ? p.empty(Formats.of(dtype, weight.shape(), format)) : null;
    if (!flat) {
      forBias = gradient(p, needs[2], dtype, filters);
    }
    if (needs[1] || (needs[2] && !flat)) {
      PaperTensor copy = PlainConvolution.dense(p, grad, format);
      p.releaseIfAny(p.scratch(dtype, columns));
      p.release(copy);
    }
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
