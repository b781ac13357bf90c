package dev.headroom.op;

import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Which kernel serves an attention on CUDA ({@code
 * aten/src/ATen/native/transformers/cuda/sdp_utils.cpp}, {@code select_sdp_backend}): the first of
 * flash, memory-efficient and the plain formula whose conditions hold. cuDNN's comes before them
 * only with cuDNN above 9.15, which the wheels of PyTorch 2.10 for CUDA 12 do not bring.
 */
enum AttentionKernel {
  /** {@code _scaled_dot_product_flash_attention}. */
  FLASH,
  /** {@code _scaled_dot_product_efficient_attention}. */
  EFFICIENT,
  /** {@code _scaled_dot_product_attention_math}. */
  MATH;

  private static final int AMPERE = 80;
  private static final int NEWEST = 121;

  static AttentionKernel choose(
      int capability,
      PaperTensor query,
      PaperTensor key,
      PaperTensor value,
      @Nullable PaperTensor mask,
      double dropout,
      boolean causal) {
    TensorType q = query.type();
    TensorType k = key.type();
    TensorType v = value.type();
    if (!fits(q, k, v)) {
      return MATH;
    }
    boolean half = q.dtype().bytes() == 2 && q.dtype().isFloating();
    boolean grad = query.requiresGrad() || key.requiresGrad() || value.requiresGrad();
    long width = q.size(3);
    if (mask == null
        && half
        && capability >= AMPERE
        && capability <= NEWEST
        && width == k.size(3)
        && width == v.size(3)
        && width <= 256
        && !(grad && !trainsWide(capability, width, dropout))
        && !(causal && q.size(2) != k.size(2))) {
      return FLASH;
    }
    boolean supported =
        q.dtype() == DType.FLOAT32
            || q.dtype() == DType.FLOAT16
            || (q.dtype() == DType.BFLOAT16 && capability >= AMPERE);
    long alignment = alignment(capability, half);
    // Groups of heads are for the flash kernel alone.
    if (supported
        && q.size(1) == k.size(1)
        && capability >= 50
        && capability <= NEWEST
        && width == k.size(3)
        && width % alignment == 0
        && v.size(3) % alignment == 0) {
      return EFFICIENT;
    }
    return MATH;
  }

  /** Four dimensions, matching batches and heads (or groups of them), dense rows, not empty. */
  private static boolean fits(TensorType q, TensorType k, TensorType v) {
    if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4) {
      return false;
    }
    boolean heads = k.size(1) == v.size(1) && k.size(1) > 0 && q.size(1) % k.size(1) == 0;
    return heads
        && q.dtype() == k.dtype()
        && q.dtype() == v.dtype()
        && q.size(0) == k.size(0)
        && q.size(0) == v.size(0)
        && q.elements() > 0
        && k.elements() > 0
        && v.elements() > 0
        && q.strides().getLast() == 1
        && k.strides().getLast() == 1
        && v.strides().getLast() == 1;
  }

  /** Consumer cards have too little shared memory for the backward of the widest heads. */
  private static boolean trainsWide(int capability, long width, double dropout) {
    boolean small =
        (capability >= 86 && capability <= 89) || capability == 120 || capability == NEWEST;
    return !small || width <= 192 || (dropout == 0 && width > 224);
  }

  /** {@code minimum_gemm_alignment}, in elements. */
  private static long alignment(int capability, boolean half) {
    if (capability >= AMPERE) {
      return half ? 8 : 4;
    }
    return capability >= 70 && half ? 8 : 1;
  }
}
