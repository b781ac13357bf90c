package dev.headroom.op;

import static dev.headroom.op.Convolution.gradient;

import dev.headroom.op.Convolution.Shape;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The CPU's kernels without oneDNN ({@code ConvolutionMM2d.cpp}, {@code ConvolutionMM3d.cpp},
 * {@code NaiveDilatedConvolution.cpp}, {@code NNPACK.cpp}). All that they allocate follows from
 * shapes and is written, but for a machine with oneDNN, where what a convolution allocates and
 * frees within itself is left out everywhere. They read input and weights in one order, without
 * gaps; else copies are taken for the time of the call.
 *
 * @param kernel which one
 * @param format the order in which it reads
 */
record PlainConvolution(ConvolutionKernel kernel, MemoryFormat format) {
  PaperTensor forward(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    if (p.backend().onednn()) {
      return p.empty(out);
    }
    PaperTensor input = dense(p, in, format);
    PaperTensor filters = dense(p, weight, format);
    PaperTensor result =
        runsGroupByGroup(s)
            ? new GroupByGroup(this, Math.toIntExact(s.groups()))
                .forward(p, input.type(), filters.type(), hasBias, out, s.ungrouped())
            : compute(p, input.type(), filters.type(), hasBias, out, s);
    p.release(filters);
    p.release(input);
    return result;
  }

  /** Gradients of input, weight and bias. */
  @Nullable PaperTensor[] backward(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    if (p.backend().onednn()) {
      return results(p, in, weight, s, needs);
    }
    PaperTensor input = dense(p, in, format);
    PaperTensor filters = dense(p, weight, format);
    @Nullable PaperTensor[] result =
        runsGroupByGroup(s)
            ? new GroupByGroup(this, Math.toIntExact(s.groups()))
                .backward(p, grad, input.type(), filters.type(), s, needs)
            : gradients(p, grad, input.type(), filters.type(), s, needs);
    p.release(filters);
    p.release(input);
    return result;
  }

  /** The gradients alone, in the order in which the kernel makes them. */
  private @Nullable PaperTensor[] results(
      PaperEngine p, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    DType dtype = in.dtype();
    boolean biasFirst =
        !runsGroupByGroup(s)
            && (kernel == ConvolutionKernel.SLOW
                || (kernel == ConvolutionKernel.TRANSPOSED && s.dims() < 3));
    List<Long> filters = List.of(s.filters(weight));
    PaperTensor forInput = needs[0] ? p.empty(Formats.of(dtype, in.shape(), format)) : null;
    PaperTensor early = gradient(p, needs[2] && biasFirst, dtype, filters);
    PaperTensor forWeight = needs[1] ? p.empty(Formats.of(dtype, weight.shape(), format)) : null;
    PaperTensor late = gradient(p, needs[2] && !biasFirst, dtype, filters);
    return new @Nullable PaperTensor[] {forInput, forWeight, early == null ? late : early};
  }

  /** The kernels know no groups, but for the one of three dimensions. */
  private boolean runsGroupByGroup(Shape s) {
    return s.groups() > 1 && !(kernel == ConvolutionKernel.SLOW && s.dims() == 3);
  }

  /** Forward of one group on tensors without gaps. */
  PaperTensor compute(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    if (kernel == ConvolutionKernel.TRANSPOSED) {
      return TransposedKernel.forward(p, in, weight, hasBias, out, s);
    }
    boolean slow = kernel == ConvolutionKernel.SLOW;
    PaperTensor columns = p.scratch(in.dtype(), slow ? columns(in, weight, out, s) : 0);
    PaperTensor result = p.empty(out);
    p.releaseIfAny(columns);
    if (kernel == ConvolutionKernel.DILATED) {
      p.releaseIfAny(p.scratch(in.dtype(), sampleColumns(weight, out)));
    }
    if (kernel == ConvolutionKernel.NNPACK && !hasBias) {
      // It cannot do without: a bias of zeros.
      p.releaseIfAny(p.scratch(in.dtype(), weight.size(0)));
    }
    return result;
  }

  /** Backward of one group on tensors without gaps but for the gradient. */
  @Nullable PaperTensor[] gradients(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    return switch (kernel) {
      case TRANSPOSED -> TransposedKernel.backward(p, grad, in, weight, s, needs, format);
      case SLOW -> slow(p, grad, in, weight, s, needs);
      default -> sampleBySample(p, grad, in, weight, needs);
    };
  }

  /** Every dimension but the channels'. */
  static List<Integer> summed(TensorType grad) {
    return IntStream.range(0, grad.rank()).filter(d -> d != 1).boxed().toList();
  }

  /** The input's gradient, then the bias's, then the weight's; each copies a gradient with gaps. */
  private @Nullable PaperTensor[] slow(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    DType dtype = in.dtype();
    PaperTensor forInput = null;
    if (needs[0]) {
      PaperTensor copied = dense(p, grad, format);
      forInput = p.empty(Formats.of(dtype, in.shape(), format));
      if (s.dims() == 3) {
        // Columns of gradients, also where forward reads the input itself.
        long columns = Math.multiplyExact(in.size(0) * s.groups(), sampleColumns(weight, grad));
        p.releaseIfAny(p.scratch(dtype, columns));
      }
      p.release(copied);
    }
    PaperTensor forBias = gradient(p, needs[2], dtype, List.of(weight.size(0)));
    if (forBias != null) {
      HalfPrecision.sum(p, grad, summed(grad), forBias.type());
    }
    PaperTensor forWeight = null;
    if (needs[1]) {
      forWeight = p.empty(Formats.of(dtype, weight.shape(), format));
      PaperTensor copied = dense(p, grad, format);
      p.releaseIfAny(p.scratch(dtype, columns(in, weight, grad, s)));
      p.release(copied);
    }
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /**
   * Sums of how many samples are written one by one. Each takes the place of the one before, so
   * that the next change no figure; a ledger of a million of them would hold little else.
   */
  private static final long SAMPLES = 4096;

  /** Columns of one sample at a time, and a sum per sample for the bias. */
  private static @Nullable PaperTensor[] sampleBySample(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, boolean[] needs) {
    DType dtype = in.dtype();
    PaperTensor copied = dense(p, grad, MemoryFormat.CONTIGUOUS);
    PaperTensor forInput = gradient(p, needs[0], dtype, in.shape());
    PaperTensor forWeight = gradient(p, needs[1], dtype, weight.shape());
    PaperTensor forBias = gradient(p, needs[2], dtype, List.of(weight.size(0)));
    PaperTensor unfolded = p.scratch(dtype, sampleColumns(weight, grad));
    if (forBias != null) {
      for (long i = 0; i < Math.min(in.size(0), SAMPLES); i++) {
        p.release(p.empty(forBias.type()));
      }
    }
    p.releaseIfAny(unfolded);
    p.release(copied);
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /** Something in an order without gaps: itself, which costs nothing, or a copy; owned. */
  static PaperTensor dense(PaperEngine p, TensorType type, MemoryFormat format) {
    return Formats.isContiguous(type, format)
        ? p.constant(type)
        : p.empty(Formats.of(type.dtype(), type.shape(), format));
  }

  /** Elements of the unfolded input, 0 where the input itself serves: 1x1, stride 1, no padding. */
  private static long columns(TensorType in, TensorType weight, TensorType out, Shape s) {
    return s.isPointwise(weight)
        ? 0
        : Math.multiplyExact(in.size(0) * s.groups(), sampleColumns(weight, out));
  }

  private static long sampleColumns(TensorType weight, TensorType out) {
    long perOutput = Convolution.product(weight.shape().subList(1, weight.rank()));
    return Math.multiplyExact(perOutput, Convolution.product(out.shape().subList(2, out.rank())));
  }
}
