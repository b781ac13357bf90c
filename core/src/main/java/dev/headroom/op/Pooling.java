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
import java.util.Collections;
import java.util.List;

/**
 * Pooling in one, two and three dimensions. All keep their input; those that look for maxima keep
 * where they found them (int64) too.
 */
final class Pooling {
  private Pooling() {}

  static void register(Registry ops) {
    for (int dims = 1; dims <= 3; dims++) {
      int n = dims;
      String options =
          ", int[N] kernel_size, int[N] stride=[], int[N] padding=0, bool ceil_mode=False";
      String tail = n == 1 ? "" : ", int? divisor_override=None";
      ops.add(
          sized(
              "avg_poolNd(Tensor self" + options + ", bool count_include_pad=True" + tail + ")", n),
          (p, a) -> List.of(average(p, a, n)));
      ops.add(
          sized("adaptive_max_poolNd(Tensor self, int[N] output_size)", n),
          (p, a) -> adaptiveMax(p, a, n));
      ops.add(
          sized("adaptive_avg_poolNd(Tensor self, SymInt[N] output_size)", n),
          (p, a) -> List.of(adaptiveAverage(p, a, n)));
      ops.add(
          sized(
              "max_poolNd(Tensor self, int[N] kernel_size, int[N] stride=[], int[N] padding=0,"
                  + " int[N] dilation=1, bool ceil_mode=False)",
              n),
          (p, a) -> maxOnly(p, a, n));
      ops.add(
          sized(
              "max_poolNd_with_indices(Tensor self, int[N] kernel_size, int[N] stride=[],"
                  + " int[N] padding=0, int[N] dilation=1, bool ceil_mode=False)",
              n),
          (p, a) -> max(p, a, n));
    }
  }

  private static String sized(String signature, int dims) {
    return signature.replace("Nd", dims + "d").replace("[N]", "[" + dims + "]");
  }

  private static List<Long> pooled(Args a, int dims, boolean dilated) {
    List<Long> kernel = a.integers(1, dims);
    List<Long> stride = a.integers(2, dims);
    List<Long> ones = Collections.nCopies(dims, 1L);
    return pooled(
        a.tensor(0).type(),
        kernel,
        stride.isEmpty() ? kernel : stride,
        a.integers(3, dims),
        dilated ? a.integers(4, dims) : ones,
        a.bool(dilated ? 5 : 4));
  }

  /** Images keep their format; rows and volumes come out row-major. */
  private static MemoryFormat format(TensorType type, int dims) {
    MemoryFormat suggested = Formats.suggest(type);
    return dims == 1 ? MemoryFormat.CONTIGUOUS : suggested;
  }

  private static PaperTensor average(PaperEngine p, Args a, int dims) {
    PaperTensor self = a.tensor(0);
    TensorType in = self.type();
    MemoryFormat format = format(in, dims);
    GradNode fn = p.record("AvgPoolBackward0", 1, gradient(in, format), self);
    p.save(fn, self);
    return p.attach(fn, p.empty(Formats.of(in.dtype(), pooled(a, dims, false), format)));
  }

  /** The gradient first, then copies into the format that the incoming gradient has. */
  private static GradNode.Backward gradient(TensorType in, MemoryFormat format) {
    return (e, n, g) -> {
      PaperTensor result = e.empty(Formats.of(in.dtype(), in.shape(), format));
      MemoryFormat incoming = Formats.suggest(given(g).type());
      PaperTensor dense = Formats.contiguous(e, given(g), incoming);
      PaperTensor written = Formats.contiguous(e, result, incoming);
      e.release(written);
      e.release(dense);
      return new PaperTensor[] {result};
    };
  }

  private static List<Long> adapted(Args a, int dims) {
    TensorType in = a.tensor(0).type();
    List<Long> shape = new ArrayList<>(in.shape().subList(0, in.rank() - dims));
    shape.addAll(a.integers(1, dims));
    return shape;
  }

  /** To size 1 it is a mean. */
  private static PaperTensor adaptiveAverage(PaperEngine p, Args a, int dims) {
    PaperTensor self = a.tensor(0);
    TensorType in = self.type();
    List<Long> shape = adapted(a, dims);
    if (shape.subList(in.rank() - dims, in.rank()).stream().allMatch(s -> s == 1)) {
      List<Long> over = new ArrayList<>();
      for (long i = 1; i <= dims; i++) {
        over.add(-i);
      }
      PaperTensor mean = Reduction.mean(p, self, over, true);
      return Formats.suggest(in) == MemoryFormat.CHANNELS_LAST ? channelsLast(p, mean) : mean;
    }
    MemoryFormat format = format(in, dims);
    GradNode fn = p.record("AdaptiveAvgPoolBackward0", 1, gradient(in, format), self);
    p.save(fn, self);
    return p.attach(fn, p.empty(Formats.of(in.dtype(), shape, format)));
  }

  /** {@code as_strided_} to the strides of channels last; backward copies into a new storage. */
  private static PaperTensor channelsLast(PaperEngine p, PaperTensor mean) {
    TensorType type = mean.type();
    GradNode fn =
        p.record("AsStridedBackward0", 1, (e, n, g) -> new PaperTensor[] {e.empty(type)}, mean);
    PaperTensor result =
        p.attach(
            fn, p.view(mean, Formats.of(type.dtype(), type.shape(), MemoryFormat.CHANNELS_LAST)));
    p.release(mean);
    return result;
  }

  private static List<PaperTensor> maxOnly(PaperEngine p, Args a, int dims) {
    List<PaperTensor> both = max(p, a, dims);
    both.subList(1, both.size()).forEach(p::release);
    return List.of(both.getFirst());
  }

  private static List<PaperTensor> adaptiveMax(PaperEngine p, Args a, int dims) {
    return maxima(p, a.tensor(0), adapted(a, dims), dims);
  }

  private static List<PaperTensor> max(PaperEngine p, Args a, int dims) {
    PaperTensor self = a.tensor(0);
    List<Long> shape = pooled(a, dims, true);
    if (dims == 1 && !p.backend().isCuda() && !p.records(self) && !a.op().contains("indices")) {
      return List.of(p.empty(TensorType.of(self.type().dtype(), shape)));
    }
    return maxima(p, self, shape, dims);
  }

  private static List<PaperTensor> maxima(
      PaperEngine p, PaperTensor self, List<Long> shape, int dims) {
    TensorType in = self.type();
    MemoryFormat format = format(in, dims);
    GradNode fn =
        p.record(
            "MaxPoolBackward0",
            2,
            (e, n, g) -> {
              PaperTensor result = e.empty(Formats.of(in.dtype(), in.shape(), format));
              MemoryFormat incoming = Formats.suggest(given(g).type());
              PaperTensor dense = Formats.contiguous(e, given(g), incoming);
              PaperTensor places = Formats.contiguous(e, n.saved(1), incoming);
              PaperTensor written = Formats.contiguous(e, result, incoming);
              e.release(written);
              e.release(places);
              e.release(dense);
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    TensorType out = Formats.of(in.dtype(), shape, format);
    PaperTensor result = p.empty(out);
    PaperTensor indices = p.empty(out.withDType(DType.INT64));
    p.save(fn, indices);
    return List.of(p.attach(fn, result, 0), indices);
  }

  /** Sizes after pooling over the last dimensions ({@code pooling_output_shape}). */
  static List<Long> pooled(
      TensorType in,
      List<Long> kernel,
      List<Long> stride,
      List<Long> padding,
      List<Long> dilation,
      boolean ceil) {
    int dims = kernel.size();
    List<Long> sizes = new ArrayList<>(in.shape().subList(0, in.rank() - dims));
    for (int i = 0; i < dims; i++) {
      long size = in.size(i - dims);
      long step = stride.get(i);
      long pad = padding.get(i);
      long room = size + 2 * pad - dilation.get(i) * (kernel.get(i) - 1) - 1;
      long out = Math.floorDiv(room + (ceil ? step - 1 : 0), step) + 1;
      if (ceil && (out - 1) * step >= size + pad) {
        out--;
      }
      if (out < 1) {
        throw new IllegalArgumentException(
            "pooling " + in + " with a kernel of " + kernel + " leaves nothing");
      }
      sizes.add(out);
    }
    return sizes;
  }
}
