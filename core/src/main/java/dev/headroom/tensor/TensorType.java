package dev.headroom.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Element type, sizes and strides of a dense tensor. Strides decide whether an operator may alias
 * its input or has to copy.
 *
 * @param dtype element type
 * @param shape sizes, outermost first
 * @param strides steps in elements, one per size
 */
public record TensorType(DType dtype, List<Long> shape, List<Long> strides) {
  /**
   * Contiguous types that were made last. Networks repeat their layers: with one object for all
   * that are equal, those of a deep network stay in the processor's cache.
   */
  private static final TensorType[] RECENT = new TensorType[1 << 10];

  /** The same for transposes. */
  private static final Transposed[] TRANSPOSED = new Transposed[1 << 10];

  /** What a type becomes when two of its dimensions are swapped. */
  private record Transposed(TensorType of, int a, int b, TensorType result) {}

  public TensorType {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
    if (shape.size() != strides.size()) {
      throw new IllegalArgumentException("shape " + shape + " and strides " + strides + " differ");
    }
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("negative size in shape " + shape);
      }
    }
  }

  /** A contiguous (row-major) tensor. */
  public static TensorType of(DType dtype, long... shape) {
    int slot = slot(dtype, Arrays.hashCode(shape));
    TensorType known = RECENT[slot];
    if (known != null && known.dtype == dtype && known.hasShape(shape)) {
      return known;
    }
    return made(slot, dtype, Arrays.stream(shape).boxed().toList());
  }

  /** A contiguous (row-major) tensor. */
  public static TensorType of(DType dtype, List<Long> shape) {
    int slot = slot(dtype, shape.hashCode());
    TensorType known = RECENT[slot];
    return known != null && known.dtype == dtype && same(known.shape, shape)
        ? known
        : made(slot, dtype, shape);
  }

  private static TensorType made(int slot, DType dtype, List<Long> shape) {
    TensorType type = new TensorType(dtype, shape, contiguousStrides(shape));
    // Threads may overwrite each other's; a record is whole wherever it is seen.
    RECENT[slot] = type;
    return type;
  }

  /** A list of sizes and an array of them have the same hash. */
  private static int slot(DType dtype, int hash) {
    int mixed = (hash * 31 + dtype.torchName().hashCode()) * 0x9E3779B9;
    return mixed >>> (Integer.SIZE - 10);
  }

  private boolean hasShape(long[] sizes) {
    if (sizes.length != shape.size()) {
      return false;
    }
    for (int i = 0; i < sizes.length; i++) {
      if (shape.get(i) != sizes[i]) {
        return false;
      }
    }
    return true;
  }

  /** Row-major strides; a size of 0 counts as 1, as in PyTorch. */
  public static List<Long> contiguousStrides(List<Long> shape) {
    Long[] strides = new Long[shape.size()];
    long step = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      strides[i] = step;
      step = product(step, Math.max(1, shape.get(i)), shape);
    }
    return List.of(strides);
  }

  private static long product(long a, long b, List<Long> shape) {
    long high = Math.multiplyHigh(a, b);
    long low = a * b;
    if (high != 0 || low < 0) {
      throw new SizeOverflowException("a tensor of shape " + shape);
    }
    return low;
  }

  /** Number of elements. */
  public long elements() {
    long n = 1;
    for (int i = 0; i < shape.size(); i++) {
      n = product(n, shape.get(i), shape);
    }
    return n;
  }

  /** Bytes of a storage that holds just these elements, without rounding or padding. */
  public long bytes() {
    return product(elements(), dtype.bytes(), shape);
  }

  /** Number of dimensions. */
  public int rank() {
    return shape.size();
  }

  /** Size of a dimension; negative counts from the end. */
  public long size(int dim) {
    return shape.get(dim < 0 ? dim + rank() : dim);
  }

  /**
   * Whether the elements lie in row-major order without gaps (dimensions of size 1 don't matter).
   */
  public boolean isContiguous() {
    long step = 1;
    for (int i = rank() - 1; i >= 0; i--) {
      long size = shape.get(i);
      if (size == 0) {
        return true;
      }
      if (size != 1) {
        if (strides.get(i) != step) {
          return false;
        }
        step *= size;
      }
    }
    return true;
  }

  /**
   * Whether the elements fill a storage without gaps and without sharing, in whatever order of
   * dimensions.
   */
  public boolean isNonOverlappingAndDense() {
    if (isContiguous()) {
      return true;
    }
    int n = rank();
    int[] order = new int[n];
    int used = 0;
    for (int d = 0; d < n; d++) {
      if (shape.get(d) == 1) {
        continue;
      }
      int at = used++;
      for (; at > 0 && strides.get(order[at - 1]) > strides.get(d); at--) {
        order[at] = order[at - 1];
      }
      order[at] = d;
    }
    long expected = 1;
    for (int i = 0; i < used; i++) {
      if (strides.get(order[i]) != expected) {
        return false;
      }
      expected *= shape.get(order[i]);
    }
    return true;
  }

  /** The same sizes and strides with another element type. */
  public TensorType withDType(DType other) {
    return other == dtype ? this : new TensorType(other, shape, strides);
  }

  /** Two dimensions swapped, as {@code aten::transpose}. */
  public TensorType transpose(int a, int b) {
    int slot = slot(dtype, (shape.hashCode() * 31 + strides.hashCode()) * 31 + a * 8 + b);
    Transposed known = TRANSPOSED[slot];
    if (known != null && known.a == a && known.b == b && known.of.equals(this)) {
      return known.result;
    }
    TensorType result = transposed(a, b);
    TRANSPOSED[slot] = new Transposed(this, a, b, result);
    return result;
  }

  private TensorType transposed(int a, int b) {
    Long[] s = shape.toArray(new Long[0]);
    Long[] t = strides.toArray(new Long[0]);
    s[a] = shape.get(b);
    s[b] = shape.get(a);
    t[a] = strides.get(b);
    t[b] = strides.get(a);
    return new TensorType(dtype, List.of(s), List.of(t));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TensorType type
            && dtype == type.dtype
            && same(shape, type.shape)
            && same(strides, type.strides));
  }

  /** Equality of lists without iterators: every gradient's type is compared. */
  private static boolean same(List<Long> a, List<Long> b) {
    int n = a.size();
    if (n != b.size()) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      if (!a.get(i).equals(b.get(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return (dtype.hashCode() * 31 + shape.hashCode()) * 31 + strides.hashCode();
  }

  @Override
  public String toString() {
    return dtype
        + "["
        + shape.stream().map(String::valueOf).collect(Collectors.joining(", "))
        + "]";
  }
}
