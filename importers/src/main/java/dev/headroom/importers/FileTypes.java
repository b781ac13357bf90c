package dev.headroom.importers;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;

/** Numbers in torch.export's files, which are not those of {@code c10::ScalarType}. */
final class FileTypes {
  private FileTypes() {}

  static DType dtype(Fields number) {
    return switch (Math.clamp(number.integer(), -1, 1000)) {
      case 1 -> DType.UINT8;
      case 2 -> DType.INT8;
      case 3 -> DType.INT16;
      case 4 -> DType.INT32;
      case 5 -> DType.INT64;
      case 6 -> DType.FLOAT16;
      case 7 -> DType.FLOAT32;
      case 8 -> DType.FLOAT64;
      case 10 -> DType.COMPLEX64;
      case 11 -> DType.COMPLEX128;
      case 12 -> DType.BOOL;
      case 13 -> DType.BFLOAT16;
      case 9, 28, 29, 30, 31, 32 ->
          throw new ImportException(
              number + ": element type " + name(number.integer()) + " is not supported.");
      default -> throw number.wrong("the number of an element type (1 to 13, 28 to 32)");
    };
  }

  private static String name(long number) {
    return switch ((int) number) {
      case 9 -> "complex32";
      case 28 -> "uint16";
      case 29 -> "float8_e4m3fn";
      case 30 -> "float8_e5m2";
      case 31 -> "float8_e4m3fnuz";
      default -> "float8_e5m2fnuz";
    };
  }

  static MemoryFormat memoryFormat(Fields number) {
    return switch (Math.clamp(number.integer(), -1, 1000)) {
      case 1 -> MemoryFormat.CONTIGUOUS;
      case 2 -> MemoryFormat.CHANNELS_LAST;
      case 3 -> MemoryFormat.CHANNELS_LAST_3D;
      case 4 -> MemoryFormat.PRESERVE;
      default -> throw number.wrong("a memory format (1 to 4)");
    };
  }
}
