package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batch and layer normalisation: keep the input and the mean and inverse deviation of what was
 * normalised.
 */
final class Normalization {
  private Normalization() {}

  static void register(Registry ops) {
    ops.add(
        "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor?"
            + " running_var, bool training, float momentum, float eps, bool cudnn_enabled)",
        Normalization::batchNorm);
    ops.add(
        "layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor?"
            + " bias=None, float eps=1e-05, bool cudnn_enable=True)",
        Normalization::layerNorm);
  }

  private static List<PaperTensor> batchNorm(PaperEngine p, Args a) {
    return List.of(
        batchNorm(
            p,
            a.tensor(0),
            a.optionalTensor(1),
            a.optionalTensor(2),
            a.optionalTensor(3),
            a.optionalTensor(4),
            a.bool(5)));
  }

  static PaperTensor batchNorm(
      PaperEngine p,
      PaperTensor input,
      @Nullable PaperTensor weight,
      @Nullable PaperTensor bias,
      @Nullable PaperTensor runningMean,
      @Nullable PaperTensor runningVar,
      boolean training) {
    TensorType type = input.type();
    long channels = type.size(1);
    if (p.backend().isCuda()
        && (type.rank() == 2 || type.dtype() == DType.BFLOAT16 || weight == null || bias == null)) {
      return CudaBatchNorm.batchNorm(p, input, weight, bias, runningMean, runningVar, training);
    }
    MemoryFormat suggested = Formats.suggest(type);
    if (p.backend().isCuda() && !Formats.isContiguous(type, suggested)) {
      // cuDNN reads a copy in one of its formats, and that is what is kept.
      PaperTensor dense = Copies.clone(p, input, Formats.of(type.dtype(), type.shape(), suggested));
      PaperTensor result = batchNorm(p, dense, weight, bias, runningMean, runningVar, training);
      p.release(dense);
      return result;
    }
    // Statistics of bfloat16 and float16 values are kept as precisely as the parameters are.
    DType precise = weight == null ? type.dtype() : weight.type().dtype();
    int made = (weight == null ? 1 : 0) + (training ? 0 : 1);
    GradNode fn =
        p.record(
            p.backend().isCuda() ? "CudnnBatchNormBackward0" : "NativeBatchNormBackward0",
            1,
            (e, n, g) -> batchNormBackward(e, n, given(g).type(), type, precise, made),
            input,
            weight,
            bias);
    p.save(fn, input);
    p.save(fn, runningMean);
    p.save(fn, runningVar);
    p.save(fn, weight);
    boolean anyOrder = !p.backend().isCuda() && !isDense(type);
    PaperTensor result = p.empty(anyOrder ? image(type) : Layout.like(type));
    if (training) {
      PaperTensor mean = p.empty(precise, channels);
      if (anyOrder) {
        Reduction.divideSum(p, mean);
      }
      PaperTensor inverse = p.empty(precise, channels);
      if (anyOrder) {
        missing(p, precise, weight, bias);
      } else if (!p.backend().isCuda()) {
        statistics(p, type, precise, channels);
        twoTemporaries(p, precise, channels);
      }
      p.save(fn, mean);
      p.save(fn, inverse);
      p.release(mean);
      p.release(inverse);
    } else if (anyOrder) {
      // 1 / sqrt(variance + eps), of which the last stays until the values are moved.
      PaperTensor variance = p.constant(TensorType.of(precise, channels));
      Formula f = new Formula(p);
      PaperTensor inverse = f.value(f.unary(f.unary(f.binary(variance, 1e-5))));
      missing(p, precise, weight, bias);
      p.release(inverse);
      p.release(variance);
    } else if (!p.backend().isCuda()) {
      twoTemporaries(p, precise, channels);
    }
    return p.attach(fn, result);
  }

  /** Whether a kernel of its own walks over the elements, in one of the two orders of images. */
  private static boolean isDense(TensorType in) {
    return in.isContiguous() || Layout.isChannelsLast(in);
  }

  /** In the order that an image kernel would choose. */
  private static TensorType image(TensorType type) {
    return Formats.of(type.dtype(), type.shape(), Formats.suggest(type));
  }

  /** A number in the place of a scale or a shift that is not there. */
  private static void missing(
      PaperEngine p, DType dtype, @Nullable PaperTensor weight, @Nullable PaperTensor bias) {
    PaperTensor scale = weight == null ? p.empty(dtype) : null;
    PaperTensor shift = bias == null ? p.empty(dtype) : null;
    p.releaseIfAny(shift);
    p.releaseIfAny(scale);
  }

  /** While statistics are collected; channel by channel, or row by row with sums per thread. */
  private static void statistics(PaperEngine p, TensorType in, DType dtype, long channels) {
    PaperTensor first = p.empty(dtype, channels);
    PaperTensor second = p.empty(dtype, channels);
    if (rowByRow(in)) {
      p.release(p.empty(dtype, p.backend().threads(), channels));
    }
    p.release(second);
    p.release(first);
  }

  /** Channels lie side by side: one value per channel, or the channels-last order. */
  private static boolean rowByRow(TensorType in) {
    return !in.isContiguous() || in.elements() == in.size(0) * in.size(1);
  }

  /** Scale and shift per channel. */
  private static void twoTemporaries(PaperEngine p, DType dtype, long channels) {
    PaperTensor first = p.empty(dtype, channels);
    PaperTensor second = p.empty(dtype, channels);
    p.release(second);
    p.release(first);
  }

  private static @Nullable PaperTensor[] batchNormBackward(
      PaperEngine p, GradNode n, TensorType grad, TensorType input, DType precise, int made) {
    boolean cuda = p.backend().isCuda();
    if (!cuda && !sameOrder(grad, input)) {
      // Values one by one, with a sum over each channel of the gradient.
      PaperTensor slow = n.needs(0) ? p.empty(image(input)) : null;
      PaperTensor slowWeight = n.needs(1) ? p.empty(precise, input.size(1)) : null;
      PaperTensor slowBias = n.needs(2) ? p.empty(precise, input.size(1)) : null;
      p.release(p.empty(grad.dtype(), input.size(1)));
      return new @Nullable PaperTensor[] {slow, slowWeight, slowBias};
    }
    // The CPU kernel makes the input's gradient, and makes it a second time where it fills it.
    PaperTensor unused = n.needs(0) && !cuda ? p.empty(Layout.like(input)) : null;
    PaperTensor early = n.needs(0) && cuda ? p.empty(Layout.like(input)) : null;
    // cuDNN computes all three, wanted or not.
    PaperTensor forWeight = n.needs(1) || cuda ? p.empty(precise, input.size(1)) : null;
    PaperTensor forBias = n.needs(2) || cuda ? p.empty(precise, input.size(1)) : null;
    if (!n.needs(1) && forWeight != null) {
      p.release(forWeight);
      forWeight = null;
    }
    if (!n.needs(2) && forBias != null) {
      p.release(forBias);
      forBias = null;
    }
    PaperTensor forInput = early;
    if (unused != null) {
      forInput = p.empty(Layout.like(input));
      p.release(unused);
    }
    if (!cuda && rowByRow(input)) {
      sums(p, input, precise, made);
    }
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /**
   * Per thread; half precision takes three values per channel beside them. Ones for a weight that
   * is not there and inverse deviations of validation are made for the time.
   */
  private static void sums(PaperEngine p, TensorType input, DType precise, int made) {
    if (made > 0) {
      PaperTensor one = p.empty(precise, input.size(1));
      sums(p, input, precise, made - 1);
      p.release(one);
      return;
    }
    boolean half = input.dtype().bytes() == 2;
    PaperTensor perChannel = half ? p.empty(precise, input.size(1)) : null;
    PaperTensor second = half ? p.empty(precise, input.size(1)) : null;
    PaperTensor third = half ? p.empty(precise, input.size(1)) : null;
    p.release(p.empty(precise, 2, p.backend().threads(), input.size(1)));
    p.releaseIfAny(third);
    p.releaseIfAny(second);
    p.releaseIfAny(perChannel);
  }

  private static boolean sameOrder(TensorType grad, TensorType input) {
    return (grad.isContiguous() && input.isContiguous())
        || (Layout.isChannelsLast(grad) && Layout.isChannelsLast(input));
  }

  private static List<PaperTensor> layerNorm(PaperEngine p, Args a) {
    return List.of(
        layerNorm(p, a.tensor(0), a.integers(1).size(), a.optionalTensor(2), a.optionalTensor(3)));
  }

  static PaperTensor layerNorm(
      PaperEngine p,
      PaperTensor input,
      int normalizedDims,
      @Nullable PaperTensor weight,
      @Nullable PaperTensor bias) {
    TensorType type = input.type();
    int outer = type.rank() - normalizedDims;
    Long[] rows = new Long[type.rank()];
    long features = 1;
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i < outer ? type.shape().get(i) : 1L;
      features *= i < outer ? 1 : type.shape().get(i);
    }
    long width = features;
    DType precise = statistics(type.dtype(), weight, p.backend().isCuda());
    GradNode fn =
        p.record(
            "NativeLayerNormBackward0",
            1,
            (e, n, g) -> layerNormBackward(e, n, given(g), type, width, weight, bias),
            input,
            weight,
            bias);
    p.save(fn, bias);
    p.save(fn, input);
    p.save(fn, weight);
    PaperTensor dense = type.isContiguous() ? null : p.scratch(type.dtype(), type.elements());
    PaperTensor result = p.empty(Layout.contiguous(type));
    PaperTensor mean = p.empty(TensorType.of(precise, List.of(rows)));
    PaperTensor inverse = p.empty(TensorType.of(precise, List.of(rows)));
    p.releaseIfAny(dense);
    p.save(fn, mean);
    p.save(fn, inverse);
    p.release(mean);
    p.release(inverse);
    return p.attach(fn, result);
  }

  private static DType statistics(DType input, @Nullable PaperTensor weight, boolean cuda) {
    if (cuda) {
      return input == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
    }
    return weight == null ? input : weight.type().dtype();
  }

  private static @Nullable PaperTensor[] layerNormBackward(
      PaperEngine p,
      GradNode n,
      PaperTensor grad,
      TensorType input,
      long features,
      @Nullable PaperTensor weight,
      @Nullable PaperTensor bias) {
    PaperTensor denseInput =
        input.isContiguous() ? null : p.scratch(input.dtype(), input.elements());
    PaperTensor forInput = n.needs(0) ? p.empty(Layout.contiguous(input)) : null;
    PaperTensor forWeight =
        weight != null && n.needs(1) ? p.empty(Layout.contiguous(weight.type())) : null;
    PaperTensor forBias =
        bias != null && n.needs(2) ? p.empty(Layout.contiguous(bias.type())) : null;
    PaperTensor denseGrad =
        grad.type().isContiguous() ? null : p.scratch(grad.type().dtype(), grad.type().elements());
    if (!p.backend().isCuda() && (forWeight != null || forBias != null)) {
      // Each thread sums both parameters' gradients over its rows.
      p.release(p.empty(input.dtype(), 2, p.backend().threads(), features));
    }
    p.releaseIfAny(denseGrad);
    p.releaseIfAny(denseInput);
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }
}
