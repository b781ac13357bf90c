package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of an embedding on CUDA ({@code aten/src/ATen/native/cuda/Embedding.cu}, {@code
 * EmbeddingBackwardKernel.cu}): few indices are added one by one; many are sorted, and their rows
 * summed in segments of ten at most. The scratch of the sort itself is left out.
 */
final class CudaEmbedding {
  private static final long ONE_BY_ONE = 3072;
  private static final long ROWS_PER_THREAD = 10;
  private static final long WARP = 32;

  private CudaEmbedding() {}

  static PaperTensor gradient(
      PaperEngine p, TensorType grad, TensorType indices, TensorType table) {
    return gradient(p, grad, indices, table, indices.elements() > ONE_BY_ONE);
  }

  /** The same for bags, whose indices are sorted however few they are. */
  static PaperTensor sorted(
      PaperEngine p, TensorType grad, TensorType indices, TensorType table, boolean frequencies) {
    PaperTensor counts = frequencies ? p.scratch(indices.dtype(), indices.elements()) : null;
    PaperTensor result = gradient(p, grad, indices, table, true);
    p.releaseIfAny(counts);
    return result;
  }

  private static PaperTensor gradient(
      PaperEngine p, TensorType grad, TensorType indices, TensorType table, boolean sorts) {
    Deque<PaperTensor> scratch = new ArrayDeque<>();
    if (!indices.isContiguous()) {
      push(scratch, p.scratch(indices.dtype(), indices.elements()));
    }
    if (!grad.isContiguous()) {
      push(scratch, p.scratch(grad.dtype(), grad.elements()));
    }
    long count = indices.elements();
    DType index = indices.dtype();
    if (sorts) {
      push(scratch, p.scratch(index, count));
      push(scratch, p.scratch(index, count));
      p.releaseIfAny(p.scratch(index, count));
    }
    PaperTensor result = p.empty(TensorType.of(grad.dtype(), table.shape()));
    if (sorts) {
      long rows = table.size(0);
      long segments = Math.min(count, rows);
      long partial = count / ROWS_PER_THREAD + segments;
      long width = table.elements() / Math.max(1, rows);
      DType sums = grad.dtype().bytes() == 2 ? DType.FLOAT32 : grad.dtype();
      push(scratch, p.scratch(index, count));
      push(scratch, p.scratch(DType.INT64, 1));
      push(scratch, p.scratch(index, segments));
      push(scratch, p.scratch(index, segments));
      push(scratch, p.scratch(DType.INT64, 1));
      push(scratch, p.scratch(index, partial));
      push(scratch, p.scratch(sums, partial * Math.ceilDiv(width, WARP) * WARP));
    }
    scratch.forEach(p::release);
    return result;
  }

  private static void push(Deque<PaperTensor> scratch, @Nullable PaperTensor tensor) {
    if (tensor != null) {
      scratch.push(tensor);
    }
  }
}
