package dev.headroom.paper;

import dev.headroom.engine.Backend;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What autocast does to the tensors of a call: the lists of {@code aten/src/ATen/autocast_mode.h},
 * which differ between CPU and CUDA. Where the list names what an operator is made of ({@code
 * convolution} in {@code conv2d.padding}, {@code _cudnn_rnn} in {@code lstm}), the whole stands for
 * it.
 */
enum CastPolicy {
  /** To the lower precision. */
  LOWER,
  /** To float32. */
  FP32,
  /** To the widest among them. */
  PROMOTE,
  /** Left alone, but float32 is asked for as the result's type where the call names none. */
  RESULT_FP32,
  /** Left alone, and called as the overload that is told the result's type: float32. */
  APPEND_FP32,
  /** Refused: its gradient could overflow in the lower precision. */
  REFUSED,
  /** Left alone. */
  NONE;

  private static final Set<String> CPU_LOWER =
      names(
          "_addmm_activation.default _convolution.deprecated "
              + "_native_multi_head_attention.default addbmm.default addmm.default "
              + "baddbmm.default bmm.default conv1d.default conv1d.padding "
              + "conv2d.default conv2d.padding conv3d.default conv3d.padding "
              + "conv_tbc.default conv_transpose1d.default conv_transpose2d.input "
              + "conv_transpose3d.input linalg_vecdot.default linear.default "
              + "matmul.default mkldnn_rnn_layer.default mm.default prelu.default "
              + "scaled_dot_product_attention.default");

  private static final Set<String> CPU_FP32 =
      names(
          "_grid_sampler_2d_cpu_fallback.default _lu_with_info.default "
              + "adaptive_avg_pool3d.default adaptive_max_pool3d.default "
              + "avg_pool3d.default binary_cross_entropy.default "
              + "binary_cross_entropy_with_logits.default cdist.default "
              + "cholesky.default cholesky_inverse.default cholesky_solve.default "
              + "cosine_embedding_loss.default cross_entropy_loss.default "
              + "ctc_loss.IntList ctc_loss.Tensor "
              + "fake_quantize_per_tensor_affine.default fft_fft.default "
              + "fft_fft2.default fft_fftn.default fft_hfft.default "
              + "fft_ifft.default fft_ifft2.default fft_ifftn.default "
              + "fft_ihfft.default fft_irfft.default fft_irfft2.default "
              + "fft_irfftn.default fft_rfft.default fft_rfft2.default "
              + "fft_rfftn.default fractional_max_pool2d.default "
              + "fractional_max_pool3d.default geqrf.default grid_sampler.default "
              + "grid_sampler_2d.default grid_sampler_3d.default "
              + "hinge_embedding_loss.default huber_loss.default inverse.default "
              + "kl_div.default l1_loss.default linalg_cholesky.default "
              + "linalg_cholesky_ex.default linalg_cond.default linalg_cond.p_str "
              + "linalg_eig.default linalg_eigh.default linalg_eigvals.default "
              + "linalg_eigvalsh.default linalg_householder_product.default "
              + "linalg_inv.default linalg_inv_ex.default linalg_lstsq.default "
              + "linalg_matrix_rank.atol_rtol_float "
              + "linalg_matrix_rank.atol_rtol_tensor linalg_matrix_rank.default "
              + "linalg_matrix_rank.tol_tensor linalg_qr.default "
              + "linalg_solve.default linalg_svd.default linalg_svdvals.default "
              + "linalg_tensorinv.default linalg_tensorsolve.default "
              + "lu_solve.default margin_ranking_loss.default max_pool3d.default "
              + "max_unpool2d.default max_unpool3d.default mse_loss.default "
              + "multi_margin_loss.default multilabel_margin_loss.default "
              + "multilabel_margin_loss_forward.default nanquantile.default "
              + "nanquantile.scalar nll_loss.default nll_loss2d.default "
              + "orgqr.default ormqr.default pinverse.default "
              + "poisson_nll_loss.default polar.default prod.default "
              + "prod.dim_Dimname prod.dim_int qr.default quantile.default "
              + "quantile.scalar reflection_pad1d.default reflection_pad2d.default "
              + "replication_pad1d.default replication_pad2d.default "
              + "replication_pad3d.default smooth_l1_loss.default "
              + "soft_margin_loss.default stft.center stft.default svd.default "
              + "trace.default triangular_solve.default triplet_margin_loss.default "
              + "view_as_complex.default");

  private static final Set<String> CPU_PROMOTE =
      names("cat.default index_copy.default index_copy.dimname stack.default");

  private static final Set<String> CUDA_LOWER =
      names(
          "_convolution.default _convolution.deprecated "
              + "_scaled_dot_product_flash_attention.default "
              + "_thnn_fused_gru_cell.default _thnn_fused_lstm_cell.default "
              + "addbmm.default addmm.default addmv.default addr.default "
              + "baddbmm.default bmm.default chain_matmul.default conv1d.default "
              + "conv1d.padding conv2d.default conv2d.padding conv3d.default "
              + "conv3d.padding conv_tbc.default conv_transpose1d.default "
              + "conv_transpose2d.input conv_transpose3d.input convolution.default "
              + "cudnn_convolution.default cudnn_convolution_transpose.default "
              + "einsum.default gru.input gru_cell.default linalg_multi_dot.default "
              + "linalg_vecdot.default linear.default lstm.input lstm_cell.default "
              + "matmul.default mm.default mv.default prelu.default "
              + "rnn_relu_cell.default rnn_tanh_cell.default "
              + "scaled_dot_product_attention.default");

  private static final Set<String> CUDA_FP32 =
      names(
          "_upsample_bicubic2d_aa.default _upsample_bicubic2d_aa.vec "
              + "_upsample_bilinear2d_aa.default _upsample_bilinear2d_aa.vec "
              + "_upsample_nearest_exact1d.default _upsample_nearest_exact1d.vec "
              + "_upsample_nearest_exact2d.default _upsample_nearest_exact2d.vec "
              + "_upsample_nearest_exact3d.default _upsample_nearest_exact3d.vec "
              + "acos.default asin.default binary_cross_entropy_with_logits.default "
              + "cdist.default cosh.default cosine_embedding_loss.default "
              + "cosine_similarity.default dist.default erfinv.default exp.default "
              + "expm1.default frobenius_norm.dim group_norm.default "
              + "hinge_embedding_loss.default huber_loss.default kl_div.default "
              + "l1_loss.default layer_norm.default log.default log10.default "
              + "log1p.default log2.default logsumexp.default "
              + "margin_ranking_loss.default mse_loss.default "
              + "multi_margin_loss.default multilabel_margin_loss.default "
              + "native_layer_norm.default nll_loss.default nll_loss2d.default "
              + "nuclear_norm.default nuclear_norm.dim pdist.default "
              + "poisson_nll_loss.default pow.Scalar pow.Tensor_Scalar "
              + "pow.Tensor_Tensor reciprocal.default renorm.default rsqrt.default "
              + "sinh.default smooth_l1_loss.default soft_margin_loss.default "
              + "softplus.default tan.default triplet_margin_loss.default "
              + "upsample_bicubic2d.default upsample_bicubic2d.vec "
              + "upsample_bilinear2d.default upsample_bilinear2d.vec "
              + "upsample_linear1d.default upsample_linear1d.vec "
              + "upsample_nearest1d.default upsample_nearest1d.vec "
              + "upsample_nearest2d.default upsample_nearest2d.vec "
              + "upsample_nearest3d.default upsample_nearest3d.vec "
              + "upsample_trilinear3d.default upsample_trilinear3d.vec");

  private static final Set<String> CUDA_PROMOTE =
      names(
          "addcdiv.default addcmul.default atan2.default bilinear.default "
              + "cross.default dot.default grid_sampler.default index_put.default "
              + "scatter_add.default tensordot.default vdot.default");

  private static final Set<String> CUDA_DTYPE =
      names(
          "cumprod.default cumprod.dimname cumsum.default cumsum.dimname "
              + "linalg_matrix_norm.default linalg_matrix_norm.str_ord "
              + "linalg_vector_norm.default log_softmax.Dimname log_softmax.int "
              + "prod.default prod.dim_Dimname prod.dim_int softmax.Dimname "
              + "softmax.int sum.default sum.dim_DimnameList sum.dim_IntList");

  private static final Set<String> CUDA_APPEND =
      names("norm.Scalar norm.ScalarOpt_dim norm.names_ScalarOpt_dim");

  private static final Set<String> CUDA_REFUSED = names("binary_cross_entropy.default");

  private static Set<String> names(String text) {
    return Arrays.stream(text.split(" ")).map(n -> "aten." + n).collect(Collectors.toSet());
  }

  /** The overloads that have a policy. */
  static Set<String> named(Backend backend) {
    return (backend.isCuda()
            ? Stream.of(CUDA_LOWER, CUDA_FP32, CUDA_PROMOTE, CUDA_DTYPE, CUDA_APPEND, CUDA_REFUSED)
            : Stream.of(CPU_LOWER, CPU_FP32, CPU_PROMOTE))
        .flatMap(Set::stream)
        .collect(Collectors.toSet());
  }

  /** The policy of an overload. */
  static CastPolicy of(String op, Backend backend) {
    boolean cuda = backend.isCuda();
    if ((cuda ? CUDA_LOWER : CPU_LOWER).contains(op)) {
      return LOWER;
    }
    if (cuda && CUDA_DTYPE.contains(op)) {
      return RESULT_FP32;
    }
    if (cuda && CUDA_APPEND.contains(op)) {
      return APPEND_FP32;
    }
    if (cuda && CUDA_REFUSED.contains(op)) {
      return REFUSED;
    }
    if ((cuda ? CUDA_FP32 : CPU_FP32).contains(op)) {
      return FP32;
    }
    return (cuda ? CUDA_PROMOTE : CPU_PROMOTE).contains(op) ? PROMOTE : NONE;
  }
}
