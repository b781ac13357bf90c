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
 * Maxima over regions that are drawn at random ({@code FractionalMaxPool2d.cpp}, {@code
 * FractionalMaxPool3d.cpp}). Keeps its input and where the maxima were.
 */
final class FractionalPooling {
  private FractionalPooling() {}

  static void register(Registry ops) {
    for (int dims : new int[] {2, 3}) {
      ops.add(
          "fractional_max_pool"
              + dims
              + "d(Tensor self, int["
              + dims
              + "] kernel_size, int["
              + dims
              + "] output_size, Tensor random_samples)",
          (p, a) -> pool(p, a, dims));
    }
  }

  private static List<PaperTensor> pool(PaperEngine p, Args a, int dims) {
    PaperTensor self = a.tensor(0);
    TensorType in = self.type();
    List<Long> shape = new ArrayList<>(in.shape().subList(0, in.rank() - dims));
    shape.addAll(a.integers(2, dims));
    GradNode fn =
        p.record(
            "FractionalMaxPoolBackward0",
            2,
            (e, n, g) -> {
              @Nullable PaperTensor dense = gradient(e, given(g));
              if (dims == 2 && !e.backend().isCuda()) {
                // Sizes are read off a copy before another one is made for the values.
                PaperTensor result = e.empty(Layout.contiguous(in));
                e.releaseIfAny(dense);
                e.releaseIfAny(gradient(e, given(g)));
                return new PaperTensor[] {result};
              }
              PaperTensor result = e.empty(Layout.contiguous(in));
              e.releaseIfAny(dense);
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    PaperTensor result = p.empty(TensorType.of(in.dtype(), shape));
    PaperTensor places = p.empty(TensorType.of(DType.INT64, shape));
    if (!in.isContiguous()) {
      p.releaseIfAny(p.scratch(in.dtype(), in.elements()));
    }
    p.save(fn, places);
    return List.of(p.attach(fn, result, 0), places);
  }

  private static @Nullable PaperTensor gradient(PaperEngine e, PaperTensor grad) {
    return grad.type().isContiguous() ? null : e.empty(Layout.contiguous(grad.type()));
  }
}
