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
  /** cuDNN: its workspace is left out, unless the backend says to take the most for granted. */
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

  private boolean isPlain() {
    return this != ONEDNN && this != CUDNN;
  }

  /** A plain kernel with the order in which it reads. */
  private PlainConvolution plain(TensorType in, TensorType weight) {
    return new PlainConvolution(
        this, isChannelsLast(in, weight) ? MemoryFormat.CHANNELS_LAST : MemoryFormat.CONTIGUOUS);
  }

  PaperTensor forward(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    if (isPlain()) {
      return plain(in, weight).forward(p, in, weight, hasBias, out, s);
    }
    PaperTensor result = p.empty(out);
    workspace(p, in, weight, out);
    return result;
  }

  /** cuDNN's, where its size is not to be left out; it lives as long as the kernel runs. */
  private static void workspace(PaperEngine p, TensorType in, TensorType weight, TensorType out) {
    if (p.backend().libraryWorkspaces()) {
      long elements =
          Math.addExact(in.elements(), Math.addExact(weight.elements(), out.elements()));
      p.releaseIfAny(p.scratch(in.dtype(), elements));
    }
  }

  /** Gradients of input, weight and bias. */
  @Nullable PaperTensor[] backward(
      PaperEngine p, PaperTensor grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    if (isPlain()) {
      return plain(in, weight).backward(p, grad.type(), in, weight, s, needs);
    }
    DType dtype = in.dtype();
    List<Long> channels = List.of(s.filters(weight));
    boolean channelsLast = isChannelsLast(in, weight);
    PaperTensor forInput = needs[0] ? p.empty(Layout.image(dtype, in.shape(), channelsLast)) : null;
    if (needs[0]) {
      workspace(p, in, weight, grad.type());
    }
    // A weight's gradient in another order than the weight is copied once more when it arrives.
    TensorType ordered = Layout.image(dtype, weight.shape(), channelsLast);
    PaperTensor early = gradient(p, needs[2] && this == ONEDNN, dtype, channels);
    PaperTensor forWeight = needs[1] ? p.empty(ordered) : null;
    if (needs[1]) {
      workspace(p, in, weight, grad.type());
    }
    PaperTensor late = gradient(p, needs[2] && this == CUDNN, dtype, channels);
    return new @Nullable PaperTensor[] {forInput, forWeight, early == null ? late : early};
  }

  /** Whether result and gradients lie channels last. */
  boolean isChannelsLast(TensorType in, TensorType weight) {
    return switch (this) {
      case ONEDNN, CUDNN -> Layout.isChannelsLast(in) || Layout.isChannelsLast(weight);
      case SLOW, TRANSPOSED ->
          in.rank() == 4
              && in.dtype() != DType.FLOAT64
              && (Layout.isChannelsLast(in) || Layout.isChannelsLast(weight));
      case NNPACK, DILATED -> false;
    };
  }
}
