package dev.headroom.tensor;

/** An element type, with PyTorch's name and the bytes that one element takes. */
public enum DType {
  UINT8("uint8", 1, false),
  INT8("int8", 1, false),
  INT16("int16", 2, false),
  INT32("int32", 4, false),
  INT64("int64", 8, false),
  FLOAT16("float16", 2, true),
  BFLOAT16("bfloat16", 2, true),
  FLOAT32("float32", 4, true),
  FLOAT64("float64", 8, true),
  COMPLEX64("complex64", 8, false),
  COMPLEX128("complex128", 16, false),
  BOOL("bool", 1, false);

  private final String torchName;
  private final int bytes;
  private final boolean floating;

  DType(String torchName, int bytes, boolean floating) {
    this.torchName = torchName;
    this.bytes = bytes;
    this.floating = floating;
  }

  /** The name that PyTorch prints after {@code torch.}, such as {@code float32}. */
  public String torchName() {
    return torchName;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether autograd can differentiate through values of this type (complex left out). */
  public boolean isFloating() {
    return floating;
  }

  @Override
  public String toString() {
    return torchName;
  }
}
