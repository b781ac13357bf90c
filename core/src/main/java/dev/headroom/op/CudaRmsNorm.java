package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Root mean square in one kernel ({@code _fused_rms_norm}, {@code cuda/layer_norm_kernel.cu}):
 * keeps input, weight and one inverse root per row, where the CPU's composition of single calls
 * keeps two tensors as large as the input.
 */
final class CudaRmsNorm {
  private CudaRmsNorm() {}

  static PaperTensor norm(
      PaperEngine p, PaperTensor input, int normalizedDims, @Nullable PaperTensor weight) {
    TensorType in = input.type();
    DType precise = in.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
    Long[] rows = new Long[in.rank()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i < in.rank() - normalizedDims ? in.shape().get(i) : 1L;
    }
    GradNode fn =
        p.record(
            "FusedRmsNormBackward0",
            1,
            (e, n, g) -> backward(e, n, given(g).type(), in, weight),
            input,
            weight);
    p.save(fn, input);
    p.save(fn, weight);
    PaperTensor dense = PlainConvolution.dense(p, in, MemoryFormat.CONTIGUOUS);
    PaperTensor result = p.empty(Layout.contiguous(in));
    PaperTensor inverse = p.empty(TensorType.of(precise, List.of(rows)));
    p.release(dense);
    p.save(fn, inverse);
    p.release(inverse);
    return p.attach(fn, result);
  }

  private static @Nullable PaperTensor[] backward(
      PaperEngine p, GradNode n, TensorType grad, TensorType in, @Nullable PaperTensor weight) {
    PaperTensor denseGrad = PlainConvolution.dense(p, grad, MemoryFormat.CONTIGUOUS);
    PaperTensor denseInput = PlainConvolution.dense(p, in, MemoryFormat.CONTIGUOUS);
    PaperTensor forInput = n.needs(0) ? p.empty(Layout.contiguous(in)) : null;
    PaperTensor forWeight =
        weight != null && n.needs(1) ? p.empty(Layout.contiguous(weight.type())) : null;
    p.release(denseInput);
    p.release(denseGrad);
    return new @Nullable PaperTensor[] {forInput, forWeight};
  }
}
