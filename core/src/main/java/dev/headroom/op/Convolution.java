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
          (p, a) ->
              forward(
                  p,
                  a,
                  d,
                  Shape.plain(a.integers(3, d), a.integers(4, d), a.integers(5, d), a, 6)));
      ops.add(
          "conv"
              + d
              + "d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt["
              + d
              + "] stride=1, str padding=\"valid\", SymInt["
              + d
              + "] dilation=1, SymInt groups=1)",
          (p, a) -> forwardNamed(p, a, d));
      ops.add(
          "conv_transpose"
              + d
              + (d == 1 ? "d" : "d.input")
              + "(Tensor input, Tensor weight, Tensor? bias=None, SymInt["
              + d
              + "] stride=1, SymInt["
              + d
              + "] padding=0, SymInt["
              + d
              + "] output_padding=0, SymInt groups=1, SymInt["
              + d
              + "] dilation=1)",
          (p, a) ->
              forward(
                  p,
                  a,
                  d,
                  new Shape(
                      a.integers(3, d),
                      a.integers(4, d),
                      a.integers(7, d),
                      a.integer(6),
                      d,
                      a.integers(5, d))));
    }
  }

  /**
   * What a convolution is told besides its tensors.
   *
   * @param outputPadding of a transposed convolution, else null
   */
  record Shape(
      List<Long> stride,
      List<Long> padding,
      List<Long> dilation,
      long groups,
      int dims,
      @Nullable List<Long> outputPadding) {
    static Shape plain(
        List<Long> stride, List<Long> padding, List<Long> dilation, Args a, int groups) {
      return new Shape(stride, padding, dilation, a.integer(groups), stride.size(), null);
    }

    boolean isTransposed() {
      return outputPadding != null;
    }

    /** The same for one group. */
    Shape ungrouped() {
      return new Shape(stride, padding, dilation, 1, dims, outputPadding);
    }

    /** Channels of the result. */
    long filters(TensorType weight) {
      return isTransposed() ? weight.size(1) * groups : weight.size(0);
    }

    /** Whether every result follows from one position of the input, in the same place. */
    boolean isPointwise(TensorType weight) {
      return !isStrided() && !isPadded() && product(weight.shape().subList(2, weight.rank())) == 1;
    }

    /** Size of the result along a dimension; negative if the kernel does not fit. */
    long outputSize(TensorType in, TensorType weight, int dim) {
      long reach = dilation.get(dim) * (weight.size(2 + dim) - 1) + 1;
      long size = in.size(2 + dim);
      long pad = 2 * padding.get(dim);
      return outputPadding == null
          ? Math.floorDiv(size + pad - reach, stride.get(dim)) + 1
          : (size - 1) * stride.get(dim) - pad + reach + outputPadding.get(dim);
    }

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

  /**
   * {@code _convolution_mode}: no padding, or as much as keeps the size; the odd one is on the
   * right.
   */
  private static List<PaperTensor> forwardNamed(PaperEngine p, Args a, int dims) {
    List<Long> dilation = a.integers(5, dims);
    TensorType weight = a.tensor(1).type();
    String mode = a.value(4).toString().replace("\"", "");
    if (!mode.equals("same") && !mode.equals("valid")) {
      throw new IllegalArgumentException(
          a.op() + ": padding is '" + mode + "', expected 'same' or 'valid'");
    }
    if (weight.rank() != dims + 2) {
      throw new IllegalArgumentException(
          a.op() + ": weight is " + weight + ": wrong number of dimensions");
    }
    List<Long> left = new ArrayList<>();
    List<Long> extra = new ArrayList<>();
    for (int i = 0; i < dims; i++) {
      long total = mode.equals("same") ? dilation.get(i) * (weight.size(2 + i) - 1) : 0;
      left.add(total / 2);
      extra.addAll(0, List.of(0L, total % 2));
    }
    Shape shape = Shape.plain(a.integers(3, dims), left, dilation, a, 6);
    if (extra.stream().allMatch(n -> n == 0)) {
      return forward(p, a, dims, shape);
    }
    PaperTensor padded = Padding.constant(p, a.tensor(0), extra);
    List<PaperTensor> result = forward(p, a, padded, dims, shape);
    p.release(padded);
    return result;
  }

  private static List<PaperTensor> forward(PaperEngine p, Args a, int dims, Shape shape) {
    return forward(p, a, a.tensor(0), dims, shape);
  }

  private static List<PaperTensor> forward(
      PaperEngine p, Args a, PaperTensor input, int dims, Shape shape) {
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
    long expected = shape.isTransposed() ? weight.size(0) : weight.size(1) * shape.groups();
    if (channels != expected) {
      throw new IllegalArgumentException(
          op
              + ": input has "
              + channels
              + " channels, weight expects "
              + expected
              + ". Check in_channels, or the order of the axes (Headroom reads NCHW).");
    }
  }

  private static PaperTensor convolution(
      PaperEngine p, PaperTensor input, PaperTensor weight, @Nullable PaperTensor bias, Shape s) {
    TensorType in = input.type();
    TensorType filters = weight.type();
    ConvolutionKernel kernel = ConvolutionKernel.choose(p.backend(), in, filters, s);
    TensorType out =
        Layout.image(in.dtype(), outputSizes(in, filters, s), kernel.isChannelsLast(in, filters));
    GradNode fn =
        p.record(
            "ConvolutionBackward0",
            1,
            (e, n, g) ->
                kernel.backward(
                    e,
                    given(g),
                    in,
                    filters,
                    s,
                    new boolean[] {n.needs(0), n.needs(1), n.needs(2)}),
            input,
            weight,
            bias);
    p.save(fn, input);
    p.save(fn, weight);
    // Each position, of the input where it is transposed, meets every weight of its group.
    TensorType at = s.isTransposed() ? in : out;
    p.multiplies(in.size(0), product(at.shape().subList(2, at.rank())), filters.elements());
    return p.attach(fn, kernel.forward(p, in, filters, bias != null, out, s));
  }

  private static List<Long> outputSizes(TensorType in, TensorType weight, Shape s) {
    List<Long> sizes = new ArrayList<>(List.of(in.size(0), s.filters(weight)));
    for (int i = 0; i < s.dims(); i++) {
      long size = s.outputSize(in, weight, i);
      if (size <= 0) {
        throw new IllegalArgumentException(
            "a convolution's kernel of "
                + weight.shape().subList(2, weight.rank())
                + " with dilation "
                + s.dilation()
                + " does not fit into an input of "
                + in.shape().subList(2, in.rank())
                + " padded by "
                + s.padding());
      }
      sizes.add(size);
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
