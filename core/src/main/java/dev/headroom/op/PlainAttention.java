package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code _scaled_dot_product_attention_math}: the formula, one operator after the other. */
final class PlainAttention {
  private PlainAttention() {}

  static PaperTensor attention(
      PaperEngine p,
      PaperTensor givenQuery,
      PaperTensor givenKey,
      PaperTensor givenValue,
      @Nullable PaperTensor givenMask,
      double dropout,
      boolean causal,
      boolean grouped) {
    DType origin = givenQuery.type().dtype();
    boolean reduced = origin == DType.BFLOAT16 || origin == DType.FLOAT16;
    DType precise = reduced ? DType.FLOAT32 : origin;
    PaperTensor query32 = Copies.to(p, givenQuery, precise, false);
    PaperTensor key32 = Copies.to(p, givenKey, precise, false);
    PaperTensor value32 = Copies.to(p, givenValue, precise, false);
    PaperTensor mask =
        givenMask == null
            ? null
            : givenMask.type().dtype() == DType.BOOL
                ? floatMask(p, givenMask, precise)
                : p.retain(givenMask);
    PaperTensor query = scaled(p, query32);
    if (causal) {
      PaperTensor ones = p.empty(DType.BOOL, query.type().size(-2), key32.type().size(-2));
      PaperTensor lower = p.empty(ones.type());
      p.release(ones);
      mask = floatMask(p, lower, precise);
      p.release(lower);
    }
    PaperTensor key = grouped ? repeated(p, key32, query) : p.retain(key32);
    PaperTensor value = grouped ? repeated(p, value32, query) : p.retain(value32);
    PaperTensor turned = Views.transpose(p, key, -2, -1);
    PaperTensor scaledKey = scaled(p, turned);
    p.release(turned);
    PaperTensor scores = Matmul.matmul(p, query, scaledKey);
    p.release(scaledKey);
    if (mask != null) {
      p.release(Arithmetic.addInPlace(p, scores, mask, 1));
    }
    PaperTensor weights = softmax(p, scores);
    p.release(scores);
    if (dropout > 0) {
      PaperTensor dropped = Dropout.dropout(p, weights, dropout, true);
      p.release(weights);
      weights = dropped;
    }
    // The weights are returned too, in the original type, and dropped by the caller.
    PaperTensor returned = reduced ? Copies.to(p, weights, origin, false) : null;
    PaperTensor product = Matmul.matmul(p, weights, value);
    PaperTensor result = Copies.to(p, product, origin, false);
    p.release(product);
    p.release(weights);
    p.release(value);
    p.release(key);
    p.release(query);
    p.releaseIfAny(mask);
    p.release(value32);
    p.release(key32);
    p.release(query32);
    p.releaseIfAny(returned);
    return result;
  }

  private static PaperTensor scaled(PaperEngine p, PaperTensor t) {
    return Arithmetic.mulNumber(p, t, 1.0);
  }

  /** Heads of keys and values repeated to as many as the queries have. */
  private static PaperTensor repeated(PaperEngine p, PaperTensor t, PaperTensor query) {
    long times = query.type().size(-3) / t.type().size(-3);
    if (times == 1) {
      return p.retain(t);
    }
    TensorType in = t.type();
    TensorType out =
        TensorType.of(in.dtype(), List.of(in.size(0), in.size(1) * times, in.size(2), in.size(3)));
    GradNode fn =
        p.record(
            "RepeatInterleaveBackward0",
            1,
            (e, n, g) ->
                new PaperTensor[] {e.empty(TensorType.of(given(g).type().dtype(), in.shape()))},
            t);
    return p.attach(fn, p.empty(out));
  }

  /** {@code convert_boolean_attn_mask}: zeros, minus infinity where the mask is false. */
  static PaperTensor floatMask(PaperEngine p, PaperTensor mask, DType dtype) {
    PaperTensor zero = p.empty(dtype);
    PaperTensor infinity = p.empty(dtype);
    PaperTensor result = p.empty(Layout.like(mask).withDType(dtype));
    p.release(infinity);
    p.release(zero);
    return result;
  }

  /** {@code _safe_softmax}: keeps its result; rows that are all masked become zeros. */
  private static PaperTensor softmax(PaperEngine p, PaperTensor self) {
    GradNode fn =
        p.record(
            "SafeSoftmaxBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(Layout.contiguous(given(g).type()))},
            self);
    PaperTensor result = p.empty(Layout.contiguous(self.type()));
    PaperTensor masked = p.empty(Layout.like(self).withDType(DType.BOOL));
    List<Long> last = List.of(self.type().rank() - 1L);
    PaperTensor rows =
        p.empty(TensorType.of(DType.BOOL, Reduction.reduced(self.type(), last, true)));
    p.release(p.empty(self.type().dtype()));
    p.release(rows);
    p.release(masked);
    p.save(fn, result);
    return p.attach(fn, result);
  }
}
