package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Normalisations beside {@link Normalization}'s: group, instance and root mean square. */
final class GroupNorm {
  private GroupNorm() {}

  static void register(Registry ops) {
    ops.add(
        "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None,"
            + " float eps=1e-05, bool cudnn_enabled=True)",
        GroupNorm::groupNorm);
    ops.add(
        "rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None)",
        GroupNorm::rmsNorm);
  }

  /**
   * Keeps the input (a dense copy if it is none), mean and inverse deviation of each group, and the
   * weight. Backward's two sums per channel are scratch.
   */
  private static List<PaperTensor> groupNorm(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    PaperTensor weight = a.optionalTensor(2);
    PaperTensor bias = a.optionalTensor(3);
    long groups = a.integer(1);
    TensorType in = input.type();
    long channels = in.size(1);
    if (channels % groups != 0) {
      throw new IllegalArgumentException(
          "aten.group_norm.default: input is "
              + input
              + ": its "
              + channels
              + " channels do not divide into "
              + groups
              + " groups");
    }
    MemoryFormat format = p.backend().isCuda() ? MemoryFormat.CONTIGUOUS : Formats.suggest(in);
    PaperTensor x =
        Formats.isContiguous(in, format)
            ? p.retain(input)
            : Copies.clone(p, input, Formats.of(in.dtype(), in.shape(), format));
    DType parameters = HalfPrecision.ofParameters(in, weight, bias);
    GradNode fn =
        p.record(
            "NativeGroupNormBackward0",
            3,
            (e, n, g) -> groupNormBackward(e, n, given(g), in, format, parameters),
            x,
            weight,
            bias);
    p.save(fn, x);
    p.save(fn, weight);
    TensorType statistics = TensorType.of(parameters, in.size(0), groups);
    PaperTensor result = p.empty(x.type());
    PaperTensor mean = p.empty(statistics);
    PaperTensor inverse = p.empty(statistics);
    if (format != MemoryFormat.CONTIGUOUS) {
      p.release(p.empty(exact(in), in.size(0), 2 * channels));
    }
    p.save(fn, mean);
    p.save(fn, inverse);
    p.release(mean);
    p.release(inverse);
    p.release(x);
    return List.of(p.attach(fn, result));
  }

  /** The type in which half precision is summed up. */
  private static DType exact(TensorType in) {
    return HalfPrecision.is(in.dtype()) ? DType.FLOAT32 : in.dtype();
  }

  private static @Nullable PaperTensor[] groupNormBackward(
      PaperEngine e,
      GradNode n,
      PaperTensor grad,
      TensorType in,
      MemoryFormat format,
      DType parameters) {
    PaperTensor dense = Formats.contiguous(e, grad, format);
    PaperTensor forInput = n.needs(0) ? e.empty(Formats.of(in.dtype(), in.shape(), format)) : null;
    PaperTensor forWeight = n.needs(1) ? e.empty(parameters, in.size(1)) : null;
    PaperTensor forBias = n.needs(2) ? e.empty(parameters, in.size(1)) : null;
    PaperTensor first = e.empty(exact(in), in.size(0), in.size(1));
    PaperTensor second = e.empty(exact(in), in.size(0), in.size(1));
    e.release(second);
    e.release(first);
    e.release(dense);
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /** {@code input * rsqrt(input.pow(2).mean(dims, keepdim) + eps) * weight}. */
  private static List<PaperTensor> rmsNorm(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    PaperTensor weight = a.optionalTensor(2);
    int normalized = a.integers(1).size();
    // PyTorch's one kernel does not take weights of another type than the input's.
    boolean mixed = weight != null && weight.type().dtype() != input.type().dtype();
    if (p.backend().isCuda() && !mixed) {
      return List.of(CudaRmsNorm.norm(p, input, normalized, weight));
    }
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < normalized; i++) {
      dims.add((long) (input.type().rank() - 1 - i));
    }
    PaperTensor values = Copies.to(p, input, exact(input.type()), false);
    PaperTensor square = Power.square(p, values);
    PaperTensor mean = Reduction.mean(p, square, dims, true);
    PaperTensor eps = p.wrap(1e-6);
    p.release(Arithmetic.addInPlace(p, mean, eps, 1));
    p.release(eps);
    PaperTensor inverse = Unary.rsqrt(p, mean);
    p.release(mean);
    p.release(square);
    PaperTensor result = Arithmetic.mul(p, values, inverse);
    if (weight != null) {
      PaperTensor scaled = Arithmetic.mul(p, result, weight);
      p.release(result);
      result = scaled;
    }
    p.release(values);
    PaperTensor rounded = Copies.to(p, result, input.type().dtype(), false);
    p.release(result);
    p.release(inverse);
    return List.of(rounded);
  }
}
