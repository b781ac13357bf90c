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

/** Embedding: rows of a table; keeps the indices, and backward fills a whole table. */
final class Embedding {
  private Embedding() {}

  static void register(Registry ops) {
    ops.add(
        "embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool"
            + " scale_grad_by_freq=False, bool sparse=False)",
        Embedding::embedding);
  }

  private static List<PaperTensor> embedding(PaperEngine p, Args a) {
    if (a.bool(4)) {
      throw new UnsupportedOperatorException(a.op(), "with sparse gradients");
    }
    PaperTensor weight = a.tensor(0);
    PaperTensor indices = a.tensor(1);
    TensorType table = weight.type();
    DType index = indices.type().dtype();
    if (index != DType.INT64 && index != DType.INT32) {
      throw new IllegalArgumentException(
          "aten.embedding.default: indices are " + indices + ", expected int64 or int32");
    }
    List<Long> shape = new ArrayList<>(indices.type().shape());
    shape.addAll(table.shape().subList(1, table.rank()));
    GradNode fn =
        p.record(
            "EmbeddingBackward0",
            1,
            (e, n, g) -> {
              if (e.backend().isCuda()) {
                return new PaperTensor[] {
                  CudaEmbedding.gradient(e, given(g).type(), n.saved(0).type(), table)
                };
              }
              PaperTensor grad = e.empty(TensorType.of(given(g).type().dtype(), table.shape()));
              if (!n.saved(0).type().isContiguous()) {
                e.release(e.empty(Layout.contiguous(n.saved(0).type())));
              }
              if (!given(g).type().isContiguous()) {
                e.release(e.empty(Layout.contiguous(given(g).type())));
              }
              return new PaperTensor[] {grad};
            },
            weight);
    p.save(fn, indices);
    PaperTensor dense =
        indices.type().isContiguous() ? null : p.empty(Layout.contiguous(indices.type()));
    PaperTensor result = p.empty(TensorType.of(table.dtype(), shape));
    p.releaseIfAny(dense);
    return List.of(p.attach(fn, result));
  }
}
