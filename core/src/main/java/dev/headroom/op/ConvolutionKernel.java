package dev.headroom.op;

import static dev.headroom.op.Convolution.gradient;

import dev.headroom.engine.Backend;
import dev.headroom.op.Convolution.Shape;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which kernel a convolution runs on, and what that allocates ({@code
 * at::native::_select_conv_backend}).
 */
enum ConvolutionKernel {
  /** oneDNN: its own scratch is left out. */
  ONEDNN,
  /** cuDNN: its workspace is left out. */
  CUDNN,
  /**
   * NNPACK, for batches of 16 and more without oneDNN; its backward is that of {@link #DILATED}.
   */
  NNPACK,
  /** {@code slow_conv2d}: columns for the whole batch. */
  SLOW,
  /** {@code slow_conv_dilated}: columns for one sample at a time, a sum per sample for the bias. */
  DILATED,
  /** {@code slow_conv_transpose2d} and {@code 3d}. */
  TRANSPOSED;

  static ConvolutionKernel choose(Backend backend, TensorType in, TensorType weight, Shape s) {
    if (backend.isCuda()) {
      return CUDNN;
    }
    if (useOnednn(backend, in, weight, s)) {
      return ONEDNN;
    }
    if (s.isTransposed()) {
      return TRANSPOSED;
    }
    if (s.dims() == 2
        && in.dtype() == DType.FLOAT32
        && !s.isDilated()
        && weight.size(2) < 17
        && weight.size(3) < 17
        && in.size(0) >= 16) {
      return NNPACK;
    }
    return s.isDilated() ? DILATED : SLOW;
  }

  private static boolean useOnednn(Backend backend, TensorType in, TensorType weight, Shape s) {
    if (!backend.onednn()) {
      return false;
    }
    if (s.isTransposed() && !transposes(in, s)) {
      return false;
    }
    if (in.dtype() == DType.BFLOAT16) {
      return backend.onednnBf16();
    }
    if (in.dtype() != DType.FLOAT32) {
      return false;
    }
    long batch = in.size(0);
    // A 1-dimensional convolution runs as a 2-dimensional one with a height of 1.
    long height = s.dims() == 1 ? 1 : weight.size(-2);
    long width = weight.size(-1);
    boolean worthwhile =
        s.isStrided()
            || s.isDilated()
            || batch >= 16
            || width != 1
            || height != 1
            || backend.threads() > 1;
    return worthwhile
        && (s.groups() > 1 || (width > 3 && height > 3) || batch > 1 || in.elements() > 20480);
  }

  /** oneDNN transposes neither depthwise nor with more output padding than stride. */
  private static boolean transposes(TensorType in, Shape s) {
    List<Long> more = s.outputPadding();
    for (int i = 0; more != null && i < more.size(); i++) {
      if (more.get(i) >= s.stride().get(i)) {
        return false;
      }
    }
    return s.groups() == 1 || in.size(1) != s.groups();
  }

  /** The plain kernels know no groups, but for the one of three dimensions. */
  private boolean runsGroupByGroup(Shape s) {
    return s.groups() > 1 && this != ONEDNN && this != CUDNN && !(this == SLOW && s.dims() == 3);
  }

  private GroupByGroup groupByGroup(TensorType in, Shape s) {
    boolean channelsLast = readsChannelsLast(in) && s.dims() == 2;
    return new GroupByGroup(
        this,
        Math.toIntExact(s.groups()),
        channelsLast ? MemoryFormat.CHANNELS_LAST : MemoryFormat.CONTIGUOUS);
  }

  private boolean readsChannelsLast(TensorType in) {
    return (this == SLOW || this == TRANSPOSED) && Layout.isChannelsLast(in);
  }

  PaperTensor forward(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    if (runsGroupByGroup(s)) {
      return groupByGroup(in, s).forward(p, in, weight, hasBias, out, s.ungrouped());
    }
    if (this == TRANSPOSED) {
      return TransposedKernel.forward(p, in, weight, hasBias, out, s);
    }
    if (this == SLOW) {
      PaperTensor ordered = ordered(p, in, weight);
      PaperTensor columns = p.scratch(in.dtype(), columns(in, weight, out, s));
      PaperTensor result = p.empty(out);
      p.releaseIfAny(columns);
      p.releaseIfAny(ordered);
      return result;
    }
    PaperTensor result = p.empty(out);
    if (this == NNPACK && !hasBias) {
      // It cannot do without: a bias of zeros.
      p.releaseIfAny(p.scratch(in.dtype(), weight.size(0)));
    }
    if (this == DILATED) {
      p.releaseIfAny(p.scratch(in.dtype(), sampleColumns(weight, out)));
    }
    return result;
  }

  /** Weights copied into the channels-last order of the input, if that is its order. */
  static @Nullable PaperTensor ordered(PaperEngine p, TensorType in, TensorType weight) {
    return Layout.isChannelsLast(in) && !Layout.isChannelsLast(weight)
        ? p.scratch(weight.dtype(), weight.elements())
        : null;
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

  /** Gradients of input, weight and bias. */
  @Nullable PaperTensor[] backward(
      PaperEngine p, PaperTensor grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    DType dtype = in.dtype();
    List<Long> channels = List.of(s.filters(weight));
    if (runsGroupByGroup(s)) {
      return groupByGroup(in, s)
          .backward(p, grad.type(), in, weight, s.filters(weight), s.ungrouped(), needs);
    }
    if (this == TRANSPOSED) {
      return TransposedKernel.backward(p, grad.type(), in, weight, s, needs);
    }
    if (this == SLOW) {
      return slowBackward(p, grad.type(), in, weight, s, needs);
    }
    TensorType order = order(in, weight);
    boolean plain = this == NNPACK || this == DILATED;
    PaperTensor dense =
        plain && !grad.type().isContiguous() ? p.empty(Layout.contiguous(grad.type())) : null;
    // A weight's gradient in another order than the weight is copied once more when it arrives.
    TensorType ordered = Layout.image(dtype, weight.shape(), Layout.isChannelsLast(order));
    PaperTensor forInput = needs[0] ? p.empty(order) : null;
    PaperTensor forWeight;
    PaperTensor forBias;
    switch (this) {
      case ONEDNN -> {
        forBias = gradient(p, needs[2], dtype, channels);
        forWeight = needs[1] ? p.empty(ordered) : null;
      }
      case NNPACK, DILATED -> {
        forWeight = gradient(p, needs[1], dtype, weight.shape());
        forBias = gradient(p, needs[2], dtype, channels);
        sampleBySample(p, dtype, in.size(0), sampleColumns(weight, grad.type()), forBias);
        p.releaseIfAny(dense);
      }
      case CUDNN -> {
        forWeight = needs[1] ? p.empty(ordered) : null;
        forBias = gradient(p, needs[2], dtype, channels);
      }
      default -> throw new IllegalStateException(name());
    }
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /** The input's gradient, then the bias's, then the weight's; each copies a gradient with gaps. */
  private static @Nullable PaperTensor[] slowBackward(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    DType dtype = in.dtype();
    boolean channelsLast = Layout.isChannelsLast(in);
    TensorType dense = Layout.image(dtype, grad.shape(), channelsLast);
    boolean copy =
        !Formats.isContiguous(
            grad, channelsLast ? Formats.suggest(dense) : MemoryFormat.CONTIGUOUS);
    PaperTensor ordered = needs[0] ? ordered(p, in, weight) : null;
    PaperTensor forInput = null;
    if (needs[0]) {
      PaperTensor copied = copy ? p.empty(dense) : null;
      forInput = p.empty(Layout.image(in));
      if (s.dims() == 3) {
        p.releaseIfAny(p.scratch(dtype, columns(in, weight, grad, s)));
      }
      p.releaseIfAny(copied);
    }
    PaperTensor forBias = gradient(p, needs[2], dtype, List.of(weight.size(0)));
    if (needs[2] && dtype.bytes() == 2) {
      // Summed in float32, from a copy in float32.
      PaperTensor sums = p.empty(DType.FLOAT32, weight.size(0));
      p.release(p.empty(TensorType.of(DType.FLOAT32, grad.shape())));
      p.release(sums);
    }
    PaperTensor forWeight =
        needs[1] ? p.empty(Layout.image(dtype, weight.shape(), channelsLast)) : null;
    if (needs[1]) {
      PaperTensor copied = copy ? p.empty(dense) : null;
      p.releaseIfAny(p.scratch(dtype, columns(in, weight, grad, s)));
      p.releaseIfAny(copied);
    }
    p.releaseIfAny(ordered);
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /** The order of the input's gradient and, in forward, of the result. */
  TensorType order(TensorType in, TensorType weight) {
    boolean channelsLast =
        switch (this) {
          case ONEDNN, CUDNN -> Layout.isChannelsLast(in) || Layout.isChannelsLast(weight);
          case SLOW, TRANSPOSED, NNPACK, DILATED -> readsChannelsLast(in);
        };
    return Layout.image(in.dtype(), in.shape(), channelsLast);
  }

  private static void sampleBySample(
      PaperEngine p, DType dtype, long batch, long columns, @Nullable PaperTensor forBias) {
    PaperTensor unfolded = p.scratch(dtype, columns);
    if (forBias != null) {
      for (long i = 0; i < batch; i++) {
        p.release(p.empty(forBias.type()));
      }
    }
    p.releaseIfAny(unfolded);
  }
}
