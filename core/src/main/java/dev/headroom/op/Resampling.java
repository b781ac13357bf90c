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

/**
 * Upsampling keeps sizes only. The kernels of the CPU ({@code UpSampleKernel.cpp}) either work
 * channels last, on copies, or look every output position up in tables of indices and weights.
 */
final class Resampling {
  /** Up to this sum of output height and width an image is copied to channels last. */
  private static final long VECTORIZED = 128;

  private static final long FEW_CHANNELS = 3;

  private Resampling() {}

  /**
   * A way to interpolate.
   *
   * @param dims spatial dimensions
   * @param taps input positions that an output position reads, per dimension
   * @param aligned whether there is an argument align_corners
   */
  private record Mode(String name, int dims, int taps, boolean aligned) {
    /** Whether each output value is a mean over all input that it covers. */
    boolean smooths() {
      return name.endsWith("_aa");
    }

    /** Whether the CPU has a kernel that works channels last. */
    boolean vectorizes() {
      return taps <= 2;
    }
  }

  private static final List<Mode> MODES =
      List.of(
          new Mode("upsample_nearest1d", 1, 1, false),
          new Mode("upsample_nearest2d", 2, 1, false),
          new Mode("upsample_nearest3d", 3, 1, false),
          new Mode("_upsample_nearest_exact1d", 1, 1, false),
          new Mode("_upsample_nearest_exact2d", 2, 1, false),
          new Mode("upsample_linear1d", 1, 2, true),
          new Mode("upsample_bilinear2d", 2, 2, true),
          new Mode("upsample_trilinear3d", 3, 2, true),
          new Mode("upsample_bicubic2d", 2, 4, true),
          new Mode("_upsample_bilinear2d_aa", 2, 2, true),
          new Mode("_upsample_bicubic2d_aa", 2, 4, true));

  static void register(Registry ops) {
    for (Mode mode : MODES) {
      String aligned = mode.aligned() ? "bool align_corners, " : "";
      ops.add(
          mode.name()
              + ".vec(Tensor input, SymInt[]? output_size, "
              + aligned
              + "float[]? scale_factors)",
          (p, a) -> List.of(upsample(p, a, mode, a.has(1) ? a.integers(1) : scaled(a, mode))));
      StringBuilder scales = new StringBuilder();
      for (String dim : List.of("d", "h", "w").subList(3 - mode.dims(), 3)) {
        scales.append(", float? scales_").append(dim).append("=None");
      }
      ops.add(
          mode.name()
              + "(Tensor self, SymInt["
              + mode.dims()
              + "] output_size"
              + (mode.aligned() ? ", bool align_corners" : "")
              + (mode.dims() == 1 ? ", float? scales=None" : scales)
              + ")",
          (p, a) -> List.of(upsample(p, a, mode, a.integers(1, mode.dims()))));
    }
  }

  private static List<Long> scaled(Args a, Mode mode) {
    TensorType in = a.tensor(0).type();
    List<Double> factors = a.numbers(mode.aligned() ? 3 : 2);
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < mode.dims(); i++) {
      out.add((long) (in.size(2 + i) * factors.get(i)));
    }
    return out;
  }

  private static PaperTensor upsample(PaperEngine p, Args a, Mode mode, List<Long> spatial) {
    PaperTensor self = a.tensor(0);
    TensorType in = self.type();
    List<Long> shape = new ArrayList<>(in.shape().subList(0, 2));
    shape.addAll(spatial);
    MemoryFormat format = Formats.suggest(in);
    GradNode fn = p.record("UpsampleBackward0", 1, (e, n, g) -> gradient(e, given(g), in), self);
    TensorType out = Formats.of(in.dtype(), shape, format);
    PaperTensor result = p.empty(out);
    if (!p.backend().isCuda()) {
      if (mode.smooths()) {
        smooth(p, in, out, mode, a);
      } else {
        scratch(p, self, out, mode);
      }
    }
    return p.attach(fn, result);
  }

  private static PaperTensor[] gradient(PaperEngine e, PaperTensor grad, TensorType in) {
    MemoryFormat format = Formats.suggest(grad.type());
    PaperTensor result = e.empty(Formats.of(in.dtype(), in.shape(), format));
    e.release(Formats.contiguous(e, grad, format));
    return new PaperTensor[] {result};
  }

  private static void scratch(PaperEngine p, PaperTensor self, TensorType out, Mode mode) {
    TensorType in = self.type();
    MemoryFormat last =
        mode.dims() == 3 ? MemoryFormat.CHANNELS_LAST_3D : MemoryFormat.CHANNELS_LAST;
    boolean channelsLast =
        mode.dims() > 1 && Formats.isContiguous(in, last) && in.size(1) > FEW_CHANNELS;
    boolean small = mode.dims() == 2 && out.size(-1) + out.size(-2) <= VECTORIZED;
    if (mode.vectorizes() && (channelsLast || small)) {
      PaperTensor input = Formats.contiguous(p, self, last);
      if (!Formats.isContiguous(out, last)) {
        p.release(p.empty(Formats.of(out.dtype(), out.shape(), last)));
      }
      p.release(input);
      return;
    }
    tables(p, out, mode);
  }

  /** Width first, then height, with a tensor between ({@code UpSampleKernelAVXAntialias.h}). */
  private static void smooth(PaperEngine p, TensorType in, TensorType out, Mode mode, Args a) {
    boolean height = in.size(2) != out.size(2);
    boolean width = in.size(3) != out.size(3);
    PaperTensor between =
        height && width
            ? p.empty(in.dtype(), in.size(0), in.size(1), in.size(2), out.size(3))
            : null;
    if (width) {
      weights(p, in, out, 3, mode, a.bool(2));
    }
    if (height) {
      weights(p, in, out, 2, mode, a.bool(2));
    }
    p.releaseIfAny(between);
  }

  /** Where each output value begins to read, how far, and with which weights. */
  private static void weights(
      PaperEngine p, TensorType in, TensorType out, int dim, Mode mode, boolean aligned) {
    long from = in.size(dim);
    long to = out.size(dim);
    double scale = aligned ? (to > 1 ? (from - 1.0) / (to - 1) : 0) : (double) from / to;
    double support = mode.taps() * 0.5 * Math.max(scale, 1);
    long taps = (long) Math.ceil(support) * 2 + 1;
    List<PaperTensor> tables = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      tables.add(p.empty(DType.INT64, to));
    }
    tables.add(p.empty(out.dtype(), to * taps));
    tables.add(p.empty(DType.INT64, to));
    tables.forEach(p::release);
  }

  /** For every dimension and tap: where to read (int64) and how much it weighs. */
  private static void tables(PaperEngine p, TensorType out, Mode mode) {
    List<PaperTensor> tables = new ArrayList<>();
    for (int dim = 2; dim < 2 + mode.dims(); dim++) {
      for (int tap = 0; tap < mode.taps(); tap++) {
        tables.add(p.empty(DType.INT64, out.size(dim)));
        tables.add(p.empty(out.dtype(), out.size(dim)));
      }
    }
    tables.forEach(p::release);
  }
}
