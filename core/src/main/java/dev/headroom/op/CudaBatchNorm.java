package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Batch norm on CUDA where cuDNN takes no part, that is of (B, C), of bfloat16 values, or without
 * weight and bias: PyTorch's own kernels run ({@code aten/src/ATen/native/cuda/Normalization.cu}).
 * Validation keeps a copy of the running statistics too.
 */
final class CudaBatchNorm {
  private static final int MAX_BLOCK = 512;
  private static final int TILE_WIDTH = 32;
  private static final int PER_THREAD = 16;
  private static final int MAX_ROWS_OF_BLOCKS = 128;

  private CudaBatchNorm() {}

  static PaperTensor batchNorm(
      PaperEngine p,
      PaperTensor input,
      @Nullable PaperTensor weight,
      @Nullable PaperTensor bias,
      @Nullable PaperTensor runningMean,
      @Nullable PaperTensor runningVar,
      boolean training) {
    TensorType type = input.type();
    long channels = type.size(1);
    DType precise = type.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
    GradNode fn =
        p.record(
            "NativeBatchNormBackward0",
            1,
            (e, n, g) -> backward(e, n, type, precise, training),
            input,
            weight,
            bias);
    p.save(fn, input);
    p.save(fn, runningMean);
    p.save(fn, runningVar);
    p.save(fn, weight);
    PaperTensor result = p.empty(Layout.like(type));
    PaperTensor mean = p.empty(precise, channels);
    PaperTensor inverse = p.empty(precise, channels);
    if (training) {
      staging(p, type, precise, 4);
    }
    p.save(fn, mean);
    p.save(fn, inverse);
    p.release(mean);
    p.release(inverse);
    return p.attach(fn, result);
  }

  private static @Nullable PaperTensor[] backward(
      PaperEngine p, GradNode n, TensorType input, DType precise, boolean training) {
    long channels = input.size(1);
    if (inRows(input) && n.needs(0) && (training || n.needs(1) || n.needs(2))) {
      // One kernel sums and makes the input's gradient.
      return new @Nullable PaperTensor[] {
        p.empty(Layout.like(input)),
        n.needs(1) ? p.empty(precise, channels) : null,
        n.needs(2) ? p.empty(precise, channels) : null
      };
    }
    PaperTensor sum = p.empty(precise, channels);
    PaperTensor product = p.empty(precise, channels);
    PaperTensor forWeight = n.needs(1) ? p.empty(precise, channels) : null;
    PaperTensor forBias = n.needs(2) ? p.empty(precise, channels) : null;
    staging(p, input, precise, 2);
    PaperTensor forInput = n.needs(0) ? p.empty(Layout.like(input)) : null;
    p.release(product);
    p.release(sum);
    return new @Nullable PaperTensor[] {forInput, forWeight, forBias};
  }

  /** Images or sequences whose channels are not neighbours. */
  private static boolean inRows(TensorType in) {
    return in.rank() > 2 && Formats.suggest(in) == MemoryFormat.CONTIGUOUS;
  }

  /** {@code flexible_launch_configs}: many rows are reduced by several blocks, in global memory. */
  private static void staging(PaperEngine p, TensorType in, DType dtype, int values) {
    if (inRows(in)) {
      // One block for each channel, which needs no staging.
      return;
    }
    long channels = in.size(1);
    long rows = in.elements() / Math.max(1, channels);
    long width = Math.min(Long.highestOneBit(channels), TILE_WIDTH);
    long height = Math.min(Long.highestOneBit(Math.ceilDiv(rows, PER_THREAD)), MAX_BLOCK / width);
    if (width * height != MAX_BLOCK) {
      width = Math.min(Long.highestOneBit(channels), MAX_BLOCK / height);
    }
    long gridX = Math.ceilDiv(channels, width);
    long gridY = Math.min(Math.ceilDiv(rows, height * PER_THREAD), MAX_ROWS_OF_BLOCKS);
    if (gridY >= 8) {
      PaperTensor data = p.scratch(dtype, values * channels * gridY);
      PaperTensor semaphores = p.scratch(DType.INT32, gridX);
      p.releaseIfAny(semaphores);
      p.releaseIfAny(data);
    }
  }
}
