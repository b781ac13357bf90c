package dev.headroom.app.accuracy;

import java.util.Set;

/** Where a call recorded with fake tensors reads otherwise than kernels behave. */
enum OperatorDeviation {
  /**
   * {@code torch/_decomp}: bilinear resizing of images of up to three channels comes out row by
   * row, and {@code UpSample.cpp} gives it the input's format.
   */
  OTHER_FORMAT {
    @Override
    boolean affects(OperatorCall call) {
      return call.op().startsWith("aten.upsample_bilinear2d")
          && call.channels() < WIDE
          && call.isChannelsLast();
    }
  },
  /** Seed and offset of the memory-efficient attention, which lie on the host: its kernel only. */
  SEEDS_ON_HOST {
    @Override
    boolean affects(OperatorCall call) {
      return call.differentiatedBy("ScaledDotProductEfficientAttentionBackward0");
    }
  };

  private static final long WIDE = 4;
  private static final long SEED_AND_OFFSET = 16;

  /**
   * Calls of which at least one allocates more within its kernel or C++ function than what fake
   * tensors show: copies of what has gaps, a loss for each element before its mean, casts before a
   * sum, steps of a composition.
   */
  static final Set<String> WITHIN_KERNELS =
      Set.of(
          "aten.affine_grid_generator.default",
          "aten.bilinear.default",
          "aten.binary_cross_entropy.default",
          "aten.binary_cross_entropy_with_logits.default",
          "aten.cdist.default",
          "aten.cholesky.default",
          "aten.count_nonzero.default",
          "aten.count_nonzero.dim_IntList",
          "aten.cross_entropy_loss.default",
          "aten.cumsum.default",
          "aten.dist.default",
          "aten.fft_fftshift.default",
          "aten.hann_window.default",
          "aten.huber_loss.default",
          "aten.im2col.default",
          "aten.inverse.default",
          "aten.isinf.default",
          "aten.linalg_cholesky.default",
          "aten.linalg_inv.default",
          "aten.linalg_slogdet.default",
          "aten.linalg_solve.default",
          "aten.linalg_vector_norm.default",
          "aten.linear.default",
          "aten.log_softmax.int",
          "aten.logdet.default",
          "aten.logsumexp.default",
          "aten.max_unpool2d.default",
          "aten.mean.dim",
          "aten.median.default",
          "aten.median.dim",
          "aten.multinomial.default",
          "aten.nanmean.default",
          "aten.nanmedian.default",
          "aten.nanmedian.dim",
          "aten.normal.Tensor_Tensor",
          "aten.normal.Tensor_float",
          "aten.normal.float_Tensor",
          "aten.roll.default",
          "aten.scaled_dot_product_attention.default",
          "aten.scatter_reduce.two",
          "aten.scatter_reduce_.two",
          "aten.slogdet.default",
          "aten.soft_margin_loss.default",
          "aten.softmax.int",
          "aten.sum.default",
          "aten.sum.dim_IntList");

  abstract boolean affects(OperatorCall call);

  /** Bytes that a recording lists and a GPU's memory does not hold. */
  static long seedBytes(OperatorCall call, String mode) {
    return !mode.equals("NO_GRAD") && SEEDS_ON_HOST.affects(call) ? SEED_AND_OFFSET : 0;
  }
}
