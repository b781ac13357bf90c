package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The reverse of pooling by maxima: values back to the places that the pooling gave, zeros
 * elsewhere ({@code aten/src/ATen/native/MaxUnpooling.cpp}). Keeps the places.
 */
final class Unpooling {
  private Unpooling() {}

  static void register(Registry ops) {
    ops.add(
        "max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size)",
        (p, a) -> List.of(unpool(p, a, 2)));
    ops.add(
        "max_unpool3d(Tensor self, Tensor indices, SymInt[3] output_size, int[3] stride, int[3]"
            + " padding)",
        (p, a) -> List.of(unpool(p, a, 3)));
  }

  private static PaperTensor unpool(PaperEngine p, Args a, int dims) {
    PaperTensor self = a.tensor(0);
    PaperTensor indices = a.tensor(1);
    TensorType in = self.type();
    GradNode fn =
        p.record(
            "MaxUnpoolBackward0",
            1,
            (e, n, g) -> {
              TensorType places = n.saved(0).type();
              PaperTensor dense = Formats.contiguous(e, given(g), format(e, places));
              PaperTensor result = e.empty(TensorType.of(in.dtype(), places.shape()));
              e.release(dense);
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, indices);
    List<Long> shape = new ArrayList<>(in.shape().subList(0, in.rank() - dims));
    shape.addAll(a.integers(2, dims));
    PaperTensor dense = Formats.contiguous(p, indices, format(p, in));
    PaperTensor values = Formats.contiguous(p, self, format(p, in));
    PaperTensor result = p.empty(Formats.of(in.dtype(), shape, format(p, in)));
    p.release(dense);
    p.release(values);
    return p.attach(fn, result);
  }

  /** CUDA's kernels read and write row by row alone. */
  private static MemoryFormat format(PaperEngine p, TensorType type) {
    return p.backend().isCuda() ? MemoryFormat.CONTIGUOUS : Formats.suggest(type);
  }
}
