package dev.headroom.op;

import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Type promotion ({@code at::native::result_type}): tensors with dimensions decide before
 * 0-dimensional ones, and those before wrapped Python numbers, unless the weaker one is of a higher
 * kind.
 */
final class Promotion {
  private Promotion() {}

  /** The common type of operands. */
  static DType common(PaperTensor... operands) {
    DType dims = null;
    DType zeros = null;
    DType numbers = null;
    for (PaperTensor t : operands) {
      DType dtype = t.type().dtype();
      if (t.isWrappedNumber()) {
        // A Python float stands for the default type, not for the float64 that it is stored as.
        numbers = promote(numbers, dtype == DType.FLOAT64 ? DType.FLOAT32 : dtype);
      } else if (t.type().rank() == 0) {
        zeros = promote(zeros, dtype);
      } else {
        dims = promote(dims, dtype);
      }
    }
    DType weak = combine(zeros, numbers);
    DType all = combine(dims, weak);
    return all == null ? DType.FLOAT32 : all;
  }

  private static @Nullable DType combine(@Nullable DType strong, @Nullable DType weak) {
    if (strong == null || weak == null) {
      return strong == null ? weak : strong;
    }
    return kind(weak) > kind(strong) ? promote(strong, weak) : strong;
  }

  /** 0 truth values, 1 integers, 2 floating point, 3 complex. */
  static int kind(DType dtype) {
    return switch (dtype) {
      case BOOL -> 0;
      case UINT8, INT8, INT16, INT32, INT64 -> 1;
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> 2;
      case COMPLEX64, COMPLEX128 -> 3;
    };
  }

  /** The smallest type that holds both. */
  static DType promote(@Nullable DType a, DType b) {
    if (a == null || a == b) {
      return b;
    }
    int kindA = kind(a);
    int kindB = kind(b);
    if (kindA != kindB) {
      DType high = kindA > kindB ? a : b;
      DType low = kindA > kindB ? b : a;
      return high == DType.COMPLEX64 && low == DType.FLOAT64 ? DType.COMPLEX128 : high;
    }
    if (a.bytes() == b.bytes()) {
      // float16 with bfloat16, int8 with uint8: only the next wider type holds both.
      return kindA == 2 ? DType.FLOAT32 : DType.INT16;
    }
    return a.bytes() >= b.bytes() ? a : b;
  }

  /** The type in which a function such as exp or a division computes: integers become float32. */
  static DType floating(DType dtype) {
    return kind(dtype) >= 2 ? dtype : DType.FLOAT32;
  }
}
