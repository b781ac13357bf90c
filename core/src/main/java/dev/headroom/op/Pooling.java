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

/** Pooling: maxima keep where they were found (int64); averages keep nothing but sizes. */
final class Pooling {
  private Pooling() {}

  static void register(Registry ops) {
    ops.add(
        "max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2]"
            + " dilation=1, bool ceil_mode=False)",
        Pooling::maxPool2d);
    ops.add(
        "adaptive_avg_pool2d(Tensor self, SymInt[2] output_size)", Pooling::adaptiveAveragePool2d);
  }

  private static List<PaperTensor> maxPool2d(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    List<Long> kernel = a.integers(1, 2);
    List<Long> given = a.integers(2, 2);
    TensorType out =
        TensorType.of(
            in.dtype(),
            pooled(
                in,
                kernel,
                given.isEmpty() ? kernel : given,
                a.integers(3, 2),
                a.integers(4, 2),
                a.bool(5)));
    return List.of(maxPool(p, "MaxPool2DWithIndicesBackward0", a.tensor(0), out));
  }

  static PaperTensor maxPool(PaperEngine p, String backward, PaperTensor self, TensorType out) {
    TensorType in = self.type();
    boolean channelsLast = Layout.isChannelsLast(in);
    GradNode fn =
        p.record(
            backward,
            1,
            (e, n, g) -> {
              PaperTensor forInput = e.empty(Layout.image(in));
              TensorType dense = Layout.image(in.dtype(), out.shape(), channelsLast);
              if (!given(g).type().strides().equals(dense.strides()) && !e.backend().isCuda()) {
                e.release(e.empty(dense));
              }
              return new PaperTensor[] {forInput};
            },
            self);
    p.save(fn, self);
    TensorType pooled = Layout.image(out.dtype(), out.shape(), channelsLast);
    PaperTensor result = p.empty(pooled);
    PaperTensor indices = p.empty(pooled.withDType(DType.INT64));
    p.save(fn, indices);
    p.release(indices);
    return p.attach(fn, result);
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

  /** To 1x1 it is a mean over both dimensions, whose gradient is divided. */
  private static List<PaperTensor> adaptiveAveragePool2d(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType in = self.type();
    List<Long> size = a.integers(1, 2);
    List<Long> shape = new ArrayList<>(in.shape().subList(0, in.rank() - 2));
    shape.addAll(size);
    if (size.equals(List.of(1L, 1L))) {
      return List.of(Reduction.mean(p, self, List.of(in.rank() - 1L, in.rank() - 2L), true));
    }
    GradNode fn =
        p.record(
            "AdaptiveAvgPool2DBackward0",
            1,
            (e, n, g) ->
                new PaperTensor[] {e.empty(Layout.image(in).withDType(given(g).type().dtype()))},
            self);
    p.save(fn, self);
    return List.of(
        p.attach(fn, p.empty(Layout.image(in.dtype(), shape, Layout.isChannelsLast(in)))));
  }
}
