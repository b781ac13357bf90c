package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What kernels of the CPU make in float32 for a moment because two bytes an element are too few to
 * add up in.
 */
final class HalfPrecision {
  private HalfPrecision() {}

  /** Whether elements are of two bytes: bfloat16 or float16. */
  static boolean is(DType dtype) {
    return dtype.isFloating() && dtype.bytes() == 2;
  }

  private static boolean slow(PaperEngine p, TensorType type) {
    return is(type.dtype()) && !p.backend().isCuda();
  }

  /**
   * Type in which a normalisation counts with parameters of their own type beside its input ({@code
   * mixed_utils.h}): float32 where these are more precise than the input.
   */
  static DType ofParameters(TensorType input, @Nullable PaperTensor... parameters) {
    for (PaperTensor parameter : parameters) {
      if (parameter != null && is(input.dtype())) {
        return parameter.type().dtype();
      }
    }
    return input.dtype();
  }

  /**
   * {@code create_acc_buffer} ({@code native/cpu/ScatterGatherKernel.cpp}): what is written by
   * index is copied into float32, and back.
   */
  static void writeByIndex(PaperEngine p, TensorType written) {
    if (slow(p, written)) {
      p.release(p.empty(TensorType.of(DType.FLOAT32, written.shape())));
    }
  }

  /**
   * {@code should_use_acc_buffer} ({@code native/ReduceOps.cpp}): a sum whose loop would have to
   * put sums of sums away is computed of a copy of the input into a buffer.
   */
  static void sum(PaperEngine p, TensorType input, List<Integer> over, TensorType result) {
    if (slow(p, input) && input.dtype() == result.dtype() && putsSumsAway(input, over)) {
      PaperTensor buffer = p.empty(TensorType.of(DType.FLOAT32, result.shape()));
      p.release(p.empty(Layout.like(input).withDType(DType.FLOAT32)));
      p.release(buffer);
    }
  }

  /** One loop of TensorIterator; the result's stride is 0 where the loop sums. */
  private record Loop(long size, long stride, long resultStride) {
    /** Whether the outer loop goes on where this one ends, for result and input. */
    boolean continuedBy(Loop outer) {
      return size == 1
          || outer.size == 1
          || (size * stride == outer.stride && size * resultStride == outer.resultStride);
    }

    Loop joined(Loop outer) {
      Loop steps = size == 1 ? outer : this;
      return new Loop(size * outer.size, steps.stride, steps.resultStride);
    }
  }

  /** Whether both inner loops sum, once loops are ordered and joined. */
  private static boolean putsSumsAway(TensorType input, List<Integer> over) {
    List<Loop> loops = new ArrayList<>();
    long step = 1;
    for (int d = input.rank() - 1; d >= 0; d--) {
      boolean summed = over.contains(d);
      loops.add(new Loop(input.size(d), input.strides().get(d), summed ? 0 : step));
      step = summed ? step : step * Math.max(1, input.size(d));
    }
    for (int i = 1; i < loops.size(); i++) {
      int at = i;
      for (int before = i - 1; before >= 0; before--) {
        int order = order(loops.get(before), loops.get(at));
        if (order < 0) {
          break;
        }
        if (order > 0) {
          loops.set(at, loops.set(before, loops.get(at)));
          at = before;
        }
      }
    }
    List<Loop> joined = new ArrayList<>();
    for (Loop loop : loops) {
      if (!joined.isEmpty() && joined.getLast().continuedBy(loop)) {
        joined.add(joined.removeLast().joined(loop));
      } else {
        joined.add(loop);
      }
    }
    return joined.size() > 1 && joined.get(0).resultStride == 0 && joined.get(1).resultStride == 0;
  }

  /** {@code TensorIteratorBase::reorder_dimensions}: positive where the loops change places. */
  private static int order(Loop inner, Loop outer) {
    if ((inner.resultStride == 0) != (outer.resultStride == 0)) {
      return inner.resultStride == 0 ? -1 : 1;
    }
    int result = order(inner.resultStride, outer.resultStride, inner, outer);
    return result != 0 ? result : order(inner.stride, outer.stride, inner, outer);
  }

  private static int order(long a, long b, Loop inner, Loop outer) {
    if (a == 0 || b == 0) {
      return 0;
    }
    return a != b ? Long.compare(a, b) : inner.size > outer.size ? 1 : 0;
  }
}
