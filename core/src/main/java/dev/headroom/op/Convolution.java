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

/**
 * Convolutions ({@code aten/src/ATen/native/Convolution.cpp}): keep input and weight. Written down
 * are results and gradients. Scratch that lives inside one kernel call is written for the plain CPU
 * kernels, whose size follows from shapes; what oneDNN and cuDNN take inside themselves depends on
 * the processor and is left out.
 */
final class Convolution {
  private Convolution() {}

  static void register(Registry ops) {
    for (int dims = 1; dims <= 3; dims++) {
      int d = dims;
      String tail = "SymInt[" + d + "] dilation=1, SymInt groups=1)";
      ops.add(
          "conv"
              + d
              + "d(Tensor input, Tensor weight, Tensor? bias=None, SymInt["
              + d
              + "] stride=1, SymInt["
              + d
              + "] padding=0, "
              + tail,
          (p, a) -> forward(p, a, d));
    }
  }

  /** What a convolution is told besides its tensors. */
  record Shape(List<Long> stride, List<Long> padding, List<Long> dilation, long groups, int dims) {
    boolean isDilated() {
      return anyOther(dilation, 1);
    }

    boolean isPadded() {
      return anyOther(padding, 0);
    }

    private static boolean anyOther(List<Long> values, long usual) {
      for (long value : values) {
        if (value != usual) {
          return true;
        }
      }
      return false;
    }

    boolean isStrided() {
      return anyOther(stride, 1);
    }
  }

  private static List<PaperTensor> forward(PaperEngine p, Args a, int dims) {
    PaperTensor input = a.tensor(0);
    Shape shape =
        new Shape(
            a.integers(3, dims), a.integers(4, dims), a.integers(5, dims), a.integer(6), dims);
    check(a.op(), input.type(), a.tensor(1).type(), shape);
    if (input.type().rank() == dims + 1) {
      PaperTensor batch = Views.unsqueeze(p, input, 0);
      PaperTensor result = convolution(p, batch, a.tensor(1), a.optionalTensor(2), shape);
      p.release(batch);
      PaperTensor single = Views.squeeze(p, result, List.of(0L));
      p.release(result);
      return List.of(single);
    }
    return List.of(convolution(p, input, a.tensor(1), a.optionalTensor(2), shape));
  }

  private static void check(String op, TensorType input, TensorType weight, Shape shape) {
    int channelDim = input.rank() - shape.dims() - 1;
    if (channelDim < 0 || channelDim > 1 || weight.rank() != shape.dims() + 2) {
      throw new IllegalArgumentException(
          op + ": input is " + input + " and weight " + weight + ": wrong number of dimensions");
    }
    long channels = input.size(channelDim);
    if (channels != weight.size(1) * shape.groups()) {
      throw new IllegalArgumentException(
          op
              + ": input has "
              + channels
              + " channels, weight expects "
              + weight.size(1) * shape.groups()
              + ". Check in_channels, or the order of the axes (Headroom reads NCHW).");
    }
  }

  private static PaperTensor convolution(
      PaperEngine p, PaperTensor input, PaperTensor weight, @Nullable PaperTensor bias, Shape s) {
    TensorType in = input.type();
    TensorType filters = weight.type();
    ConvolutionKernel kernel = ConvolutionKernel.choose(p.backend(), in, filters, s);
    TensorType out =
        Layout.image(
            in.dtype(),
            outputSizes(in, filters, s),
            Layout.isChannelsLast(kernel.order(in, filters)));
    GradNode fn =
        p.record(
            "ConvolutionBackward0",
            1,
            (e, n, g) ->
                kernel.backward(e, given(g), in, filters, s, n.needs(0), n.needs(1), n.needs(2)),
            input,
            weight,
            bias);
    p.save(fn, input);
    p.save(fn, weight);
    return p.attach(fn, kernel.forward(p, in, filters, bias != null, out, s));
  }

  private static List<Long> outputSizes(TensorType in, TensorType weight, Shape s) {
    List<Long> sizes = new ArrayList<>(List.of(in.size(0), weight.size(0)));
    for (int i = 0; i < s.dims(); i++) {
      long reach = s.dilation().get(i) * (weight.size(2 + i) - 1) + 1;
      long size = in.size(2 + i) + 2 * s.padding().get(i) - reach;
      if (size < 0) {
        throw new IllegalArgumentException(
            "a convolution's kernel covers "
                + reach
                + " values, its padded input has only "
                + (in.size(2 + i) + 2 * s.padding().get(i)));
      }
      sizes.add(size / s.stride().get(i) + 1);
    }
    return sizes;
  }

  static long product(List<Long> sizes) {
    long n = 1;
    for (long size : sizes) {
      n = Math.multiplyExact(n, size);
    }
    return n;
  }

  /** Gradients in a kernel's own order; null where not wanted. */
  static @Nullable PaperTensor gradient(
      PaperEngine p, boolean wanted, DType dtype, List<Long> shape) {
    return wanted ? p.empty(TensorType.of(dtype, shape)) : null;
  }
}
