package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code scaled_dot_product_attention}. On the CPU the flash kernel ({@code
 * aten/src/ATen/native/cpu/FlashAttentionKernel.cpp}) serves four dimensions without dropout; it
 * keeps query, key, value, the result and the logarithm of each row's sum. Everything else is the
 * plain formula, with its whole score matrix. CUDA's kernels are in {@link CudaAttention}.
 */
final class Attention {
  private Attention() {}

  static void register(Registry ops) {
    ops.add(
        "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor?"
            + " attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, float? scale=None,"
            + " bool enable_gqa=False)",
        Attention::rule);
  }

  private static List<PaperTensor> rule(PaperEngine p, Args a) {
    PaperTensor query = a.tensor(0);
    PaperTensor key = a.tensor(1);
    PaperTensor value = a.tensor(2);
    PaperTensor mask = a.optionalTensor(3);
    if (p.backend().isCuda()) {
      return List.of(
          CudaAttention.attention(p, query, key, value, mask, a.number(4), a.bool(5), a.bool(7)));
    }
    if (flash(query, key, value, mask, a.number(4), a.bool(7))) {
      return List.of(flashForCpu(p, query, key, value, mask));
    }
    return List.of(
        PlainAttention.attention(p, query, key, value, mask, a.number(4), a.bool(5), a.bool(7)));
  }

  /** {@code sdp::use_flash_attention_cpp}. */
  private static boolean flash(
      PaperTensor query,
      PaperTensor key,
      PaperTensor value,
      @Nullable PaperTensor mask,
      double dropout,
      boolean grouped) {
    TensorType q = query.type();
    TensorType k = key.type();
    TensorType v = value.type();
    return dropout == 0
        && q.rank() == 4
        && k.rank() == 4
        && v.rank() == 4
        && q.size(0) == k.size(0)
        && q.size(0) == v.size(0)
        && k.size(1) == v.size(1)
        && (q.size(1) == k.size(1) || (grouped && q.size(1) % k.size(1) == 0))
        && q.size(3) == k.size(3)
        && q.size(3) == v.size(3)
        && q.elements() > 0
        && k.elements() > 0
        && lastIsDense(q)
        && lastIsDense(k)
        && lastIsDense(v)
        && (mask == null || (!mask.requiresGrad() && maskFits(mask.type(), q, k)));
  }

  private static boolean lastIsDense(TensorType type) {
    return type.strides().getLast() == 1 || type.size(-1) == 1;
  }

  private static boolean maskFits(TensorType mask, TensorType q, TensorType k) {
    if (mask.rank() != 2 && mask.rank() != 4) {
      return false;
    }
    boolean rows = mask.size(-2) == q.size(2) || mask.size(-2) == 1;
    boolean columns = mask.size(-1) == k.size(2) || mask.size(-1) == 1;
    boolean batch =
        mask.rank() == 2
            || ((mask.size(0) == q.size(0) || mask.size(0) == 1)
                && (mask.size(1) == q.size(1) || mask.size(1) == 1));
    return rows && columns && batch;
  }

  private static PaperTensor flashForCpu(
      PaperEngine p,
      PaperTensor query,
      PaperTensor key,
      PaperTensor value,
      @Nullable PaperTensor givenMask) {
    TensorType q = query.type();
    // A mask of truth values becomes one of numbers: zero, and minus infinity where it is false.
    PaperTensor mask =
        givenMask != null && givenMask.type().dtype() == DType.BOOL
            ? PlainAttention.floatMask(p, givenMask, q.dtype())
            : givenMask == null ? null : p.retain(givenMask);
    FlashBlocks blocks = new FlashBlocks(q, key.type(), p.backend().threads());
    GradNode fn =
        p.record(
            "ScaledDotProductFlashAttentionForCpuBackward0",
            1,
            (e, n, g) -> backward(e, given(g), query.type(), key.type(), value.type(), blocks),
            query,
            key,
            value);
    p.save(fn, mask);
    p.save(fn, key);
    p.save(fn, query);
    p.save(fn, value);
    // The kernel works on (batch, rows, heads, width) and its result lies in memory like that.
    multiplies(p, q, key.type(), value.type());
    TensorType rows = Layout.like(q.transpose(1, 2));
    PaperTensor result = p.empty(rows);
    PaperTensor logSum = p.empty(blocks.accumulate(), q.size(0), q.size(2), q.size(1));
    PaperTensor scores = p.empty(blocks.accumulate(), p.backend().threads(), blocks.perThread());
    PaperTensor reduced = p.scratch(q.dtype(), blocks.reducedPerThread() * p.backend().threads());
    p.releaseIfAny(reduced);
    p.release(scores);
    p.save(fn, logSum);
    p.save(fn, result);
    p.release(logSum);
    p.releaseIfAny(mask);
    PaperTensor turned = p.alias(result, rows.transpose(1, 2));
    p.release(result);
    return p.attach(fn, turned);
  }

  /** Queries by keys, and what comes of that by values; masked scores are computed too. */
  static void multiplies(PaperEngine p, TensorType q, TensorType k, TensorType v) {
    p.multiplies(q.size(0), q.size(1), q.size(2), k.size(2), q.size(3));
    p.multiplies(q.size(0), q.size(1), q.size(2), k.size(2), v.size(3));
  }

  private static @Nullable PaperTensor[] backward(
      PaperEngine p,
      PaperTensor grad,
      TensorType q,
      TensorType k,
      TensorType v,
      FlashBlocks blocks) {
    // Zeros in the kernel's own order, handed out transposed.
    PaperTensor forQuery = zeros(p, q);
    PaperTensor forKey = zeros(p, k);
    PaperTensor forValue = zeros(p, v);
    TensorType turned = grad.type().transpose(1, 2);
    PaperTensor dense = turned.isContiguous() ? null : p.empty(Layout.contiguous(turned));
    PaperTensor scores = p.empty(blocks.accumulate(), p.backend().threads(), blocks.backward());
    PaperTensor reduced = p.scratch(q.dtype(), blocks.reducedBackward() * p.backend().threads());
    PaperTensor sums =
        p.empty(blocks.accumulate(), p.backend().threads(), blocks.queryRowsBackward());
    p.release(sums);
    p.releaseIfAny(reduced);
    p.release(scores);
    p.releaseIfAny(dense);
    return new PaperTensor[] {forQuery, forKey, forValue};
  }

  private static PaperTensor zeros(PaperEngine p, TensorType type) {
    TensorType rows = type.transpose(1, 2);
    PaperTensor storage = p.empty(TensorType.of(type.dtype(), rows.shape()));
    PaperTensor turned = p.alias(storage, storage.type().transpose(1, 2));
    p.release(storage);
    return turned;
  }
}
