package dev.headroom.torch;

import dev.headroom.tensor.DType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Between our element types and {@code c10::ScalarType}. */
final class ScalarTypes {
  private ScalarTypes() {}

  static ScalarType torch(DType dtype) {
    return switch (dtype) {
      case UINT8 -> ScalarType.Byte;
      case INT8 -> ScalarType.Char;
      case INT16 -> ScalarType.Short;
      case INT32 -> ScalarType.Int;
      case INT64 -> ScalarType.Long;
      case FLOAT16 -> ScalarType.Half;
      case BFLOAT16 -> ScalarType.BFloat16;
      case FLOAT32 -> ScalarType.Float;
      case FLOAT64 -> ScalarType.Double;
      case COMPLEX64 -> ScalarType.ComplexFloat;
      case COMPLEX128 -> ScalarType.ComplexDouble;
      case BOOL -> ScalarType.Bool;
    };
  }

  static int number(DType dtype) {
    return torch(dtype).value;
  }

  static DType of(ScalarType type) {
    for (DType dtype : DType.values()) {
      if (torch(dtype).value == type.value) {
        return dtype;
      }
    }
    throw new IllegalArgumentException("element type " + type + " is not supported");
  }
}
