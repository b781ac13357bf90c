package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fused attentions of CUDA ({@code aten/src/ATen/native/transformers/attention.cpp}, {@code
 * cuda/attention.cu}, {@code cuda/attention_backward.cu}, {@code flash_attn/flash_api.cpp}). Both
 * keep query, key, value, the result and the logarithm of each row's sum; results lie in memory as
 * (batch, rows, heads, width). Left out are the buffers of a flash forward that splits keys among
 * idle multiprocessors, and the accumulators of the memory-efficient backward, whose sizes follow
 * from tiles that the kernel picks: neither outlives its call.
 */
final class CudaAttention {
  /** Rows of the logarithms are padded to this in the memory-efficient kernel. */
  private static final long LOG_SUM_ROWS = 32;

  private static final long FLASH_WIDTH = 8;

  /** Every row of a mask begins at a multiple of this many elements. */
  private static final long MASK_ALIGNMENT = 8;

  /** Rows of a mask's gradient are whole multiples of this. */
  private static final long MASK_GRADIENT_WIDTH = 16;

  private static final long WIDEST_IN_REGISTERS = 128;

  private CudaAttention() {}

  static PaperTensor attention(
      PaperEngine p,
      PaperTensor query,
      PaperTensor key,
      PaperTensor value,
      @Nullable PaperTensor givenMask,
      double dropout,
      boolean causal,
      boolean grouped) {
    AttentionKernel kernel =
        AttentionKernel.choose(
            p.backend().computeCapability(), query, key, value, givenMask, dropout, causal);
    return switch (kernel) {
      case FLASH -> flash(p, query, key, value);
      case EFFICIENT -> efficient(p, query, key, value, givenMask);
      case MATH ->
          PlainAttention.attention(p, query, key, value, givenMask, dropout, causal, grouped);
    };
  }

  /** Heads whose width is no multiple of 8 are padded, and the result cut back. */
  private static PaperTensor flash(
      PaperEngine p, PaperTensor query, PaperTensor key, PaperTensor value) {
    long width = query.type().size(3);
    long missing = Math.ceilDiv(width, FLASH_WIDTH) * FLASH_WIDTH - width;
    if (missing == 0) {
      return flashKernel(p, query, key, value);
    }
    List<Long> pad = List.of(0L, missing);
    PaperTensor q = Padding.constant(p, query, pad);
    PaperTensor k = Padding.constant(p, key, pad);
    PaperTensor v = Padding.constant(p, value, pad);
    PaperTensor padded = flashKernel(p, q, k, v);
    p.release(v);
    p.release(k);
    p.release(q);
    PaperTensor result = Views.narrow(p, padded, 3, width);
    p.release(padded);
    return result;
  }

  private static PaperTensor flashKernel(
      PaperEngine p, PaperTensor query, PaperTensor key, PaperTensor value) {
    TensorType q = query.type();
    GradNode fn =
        p.record(
            "ScaledDotProductFlashAttentionBackward0",
            1,
            (e, n, g) -> flashBackward(e, given(g), q, key.type(), value.type()),
            query,
            key,
            value);
    p.save(fn, key);
    p.save(fn, query);
    p.save(fn, value);
    Attention.multiplies(p, q, key.type(), value.type());
    TensorType rows = Layout.like(q.transpose(1, 2));
    PaperTensor result = p.empty(rows);
    PaperTensor logSum = p.empty(DType.FLOAT32, q.size(0), q.size(1), q.size(2));
    // Seed and offset of the random generator, and one that only fills a place.
    PaperTensor random = p.empty(DType.INT64, 2);
    PaperTensor unused = p.empty(DType.INT64);
    p.save(fn, logSum);
    p.save(fn, result);
    p.save(fn, random);
    p.save(fn, unused);
    p.release(unused);
    p.release(random);
    p.release(logSum);
    return p.attach(fn, turned(p, result));
  }

  private static @Nullable PaperTensor[] flashBackward(
      PaperEngine p, PaperTensor grad, TensorType q, TensorType k, TensorType v) {
    PaperTensor dense = contiguous(p, grad.type().transpose(1, 2));
    PaperTensor forQuery = p.empty(Layout.like(q.transpose(1, 2)));
    PaperTensor forKey = p.empty(Layout.like(k.transpose(1, 2)));
    PaperTensor forValue = p.empty(Layout.like(v.transpose(1, 2)));
    long rows = Math.ceilDiv(q.size(2), 128) * 128;
    long width = q.size(3) <= 192 ? Math.ceilDiv(q.size(3), 32) * 32 : 256;
    PaperTensor sums = p.scratch(DType.FLOAT32, q.size(0) * q.size(1) * rows);
    PaperTensor accumulated = p.scratch(DType.FLOAT32, q.size(0) * rows * q.size(1) * width);
    // With fewer keys than queries each query head has its own gradients first, then their sum.
    boolean expands = k.size(1) != q.size(1);
    long perHead = q.size(0) * k.size(2) * q.size(1) * q.size(3);
    PaperTensor expandedKey = expands ? p.scratch(k.dtype(), perHead) : null;
    PaperTensor expandedValue = expands ? p.scratch(v.dtype(), perHead) : null;
    p.releaseIfAny(expandedValue);
    p.releaseIfAny(expandedKey);
    p.releaseIfAny(accumulated);
    p.releaseIfAny(sums);
    p.releaseIfAny(dense);
    return new PaperTensor[] {turned(p, forQuery), turned(p, forKey), turned(p, forValue)};
  }

  private static PaperTensor efficient(
      PaperEngine p,
      PaperTensor query,
      PaperTensor key,
      PaperTensor value,
      @Nullable PaperTensor givenMask) {
    TensorType q = query.type();
    PaperTensor mask = givenMask == null ? null : mask(p, givenMask, q, key.type());
    GradNode fn =
        p.record(
            "ScaledDotProductEfficientAttentionBackward0",
            1,
            (e, n, g) -> efficientBackward(e, n, given(g), q, key.type(), value.type(), mask),
            query,
            key,
            value,
            mask);
    p.save(fn, mask);
    p.save(fn, key);
    p.save(fn, query);
    p.save(fn, value);
    Attention.multiplies(p, q, key.type(), value.type());
    long wide = value.type().size(3);
    PaperTensor result = p.empty(q.dtype(), q.size(0), q.size(2), q.size(1), wide);
    boolean differentiates = p.records(query, key, value);
    long rows = differentiates ? Math.ceilDiv(q.size(2), LOG_SUM_ROWS) * LOG_SUM_ROWS : 0;
    PaperTensor logSum = p.empty(DType.FLOAT32, q.size(0), q.size(1), rows);
    if (wide > WIDEST_IN_REGISTERS && q.dtype() != DType.FLOAT32) {
      p.releaseIfAny(p.scratch(DType.FLOAT32, result.type().elements()));
    }
    // Seed and offset of the random generator lie in the CPU's memory.
    p.save(fn, logSum);
    p.save(fn, result);
    p.release(logSum);
    p.releaseIfAny(mask);
    return p.attach(fn, turned(p, result));
  }

  /**
   * {@code preprocess_mask}: numbers instead of truth values, rows padded where they do not begin
   * aligned, one for every batch and head.
   */
  private static PaperTensor mask(PaperEngine p, PaperTensor given, TensorType q, TensorType k) {
    PaperTensor numbers =
        given.type().dtype() == DType.BOOL
            ? PlainAttention.floatMask(p, given, q.dtype())
            : p.retain(given);
    long columns = numbers.type().size(-1);
    if (!isAligned(numbers.type())) {
      long missing = MASK_ALIGNMENT - columns % MASK_ALIGNMENT;
      PaperTensor padded = Padding.constant(p, numbers, List.of(0L, missing));
      p.release(numbers);
      numbers = Views.narrow(p, padded, padded.type().rank() - 1, columns);
      p.release(padded);
    }
    PaperTensor expanded =
        Views.expand(p, numbers, List.of(q.size(0), q.size(1), q.size(2), k.size(2)));
    p.release(numbers);
    return expanded;
  }

  private static boolean isAligned(TensorType mask) {
    List<Long> strides = mask.strides();
    return strides.getLast() == 1
        && strides.subList(0, strides.size() - 1).stream().allMatch(s -> s % MASK_ALIGNMENT == 0);
  }

  private static @Nullable PaperTensor[] efficientBackward(
      PaperEngine p,
      GradNode n,
      PaperTensor grad,
      TensorType q,
      TensorType k,
      TensorType v,
      @Nullable PaperTensor mask) {
    PaperTensor dense = contiguous(p, grad.type().transpose(1, 2));
    PaperTensor forQuery = p.empty(TensorType.of(q.dtype(), q.transpose(1, 2).shape()));
    PaperTensor forKey = p.empty(TensorType.of(k.dtype(), k.transpose(1, 2).shape()));
    PaperTensor forValue = p.empty(TensorType.of(v.dtype(), v.transpose(1, 2).shape()));
    PaperTensor forMask = mask != null && n.needs(3) ? maskGradient(p, mask.type()) : null;
    rowSums(p, q, v.size(3));
    p.releaseIfAny(dense);
    return new @Nullable PaperTensor[] {
      turned(p, forQuery), turned(p, forKey), turned(p, forValue), forMask
    };
  }

  private static PaperTensor maskGradient(PaperEngine p, TensorType mask) {
    List<Long> shape = new java.util.ArrayList<>(mask.shape());
    long columns = shape.removeLast();
    shape.add(Math.ceilDiv(columns, MASK_GRADIENT_WIDTH) * MASK_GRADIENT_WIDTH);
    PaperTensor padded = p.empty(TensorType.of(mask.dtype(), shape));
    PaperTensor result = Views.narrow(p, padded, 3, columns);
    p.release(padded);
    return result;
  }

  /**
   * {@code delta}, the sum over each row of gradient times result: by the kernel itself where
   * values are short, else {@code (grad * out).sum(-1).transpose(-2, -1).contiguous()}.
   */
  private static void rowSums(PaperEngine p, TensorType q, long width) {
    long rows = q.size(0) * q.size(1) * q.size(2);
    if (q.dtype() != DType.FLOAT32) {
      p.releaseIfAny(p.scratch(DType.FLOAT32, rows));
      return;
    }
    PaperTensor product = p.scratch(DType.FLOAT32, rows * width);
    PaperTensor sums = p.scratch(DType.FLOAT32, rows);
    PaperTensor delta = q.size(1) > 1 && q.size(2) > 1 ? p.scratch(DType.FLOAT32, rows) : null;
    if (delta != null) {
      p.releaseIfAny(sums);
    }
    p.releaseIfAny(product);
    p.releaseIfAny(delta != null ? delta : sums);
  }

  private static @Nullable PaperTensor contiguous(PaperEngine p, TensorType type) {
    return type.isContiguous() ? null : p.scratch(type.dtype(), type.elements());
  }

  /** From (batch, rows, heads, width) to (batch, heads, rows, width). */
  private static PaperTensor turned(PaperEngine p, PaperTensor owned) {
    PaperTensor view = p.alias(owned, owned.type().transpose(1, 2));
    p.release(owned);
    return view;
  }
}
