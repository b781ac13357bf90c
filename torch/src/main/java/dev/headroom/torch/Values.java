package dev.headroom.torch;

import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * Values into tensors and out of them; contiguous tensors on the CPU only, where nothing else is
 * said.
 */
public final class Values {
  private Values() {}

  /** The tensor's own memory; valid while a handle to it is. */
  @SuppressWarnings("restricted") // bounded by the size that libtorch itself reports
  public static MemorySegment memory(Tensor tensor) {
    return MemorySegment.ofAddress(TorchEngine.address(tensor)).reinterpret(tensor.nbytes());
  }

  /** Zeros wherever the tensor's memory is, on a GPU too. */
  public static void fillWithZeros(Tensor tensor) {
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(false);
    tensor.zero_();
    GradMode.set_enabled(before);
  }

  /** Copies as many bytes as the tensor holds. */
  public static void copy(MemorySegment from, Tensor to) {
    memory(to).copyFrom(from.asSlice(0, to.nbytes()));
  }

  /** How many values are NaN or infinite; 0 for types that have no such values. */
  public static long notFinite(Tensor tensor) {
    DType dtype = ScalarTypes.of(tensor.scalar_type());
    if (dtype == DType.BFLOAT16 || dtype == DType.FLOAT16) {
      long bad = 0;
      for (float value : floats(tensor)) {
        bad += Float.isFinite(value) ? 0 : 1;
      }
      return bad;
    }
    if (dtype != DType.FLOAT32) {
      return 0;
    }
    MemorySegment memory = memory(tensor);
    long bad = 0;
    for (long i = 0; i < memory.byteSize() / Float.BYTES; i++) {
      bad += Float.isFinite(memory.getAtIndex(ValueLayout.JAVA_FLOAT, i)) ? 0 : 1;
    }
    return bad;
  }

  /**
   * All values of a tensor of float32, float16 or bfloat16.
   *
   * @throws IllegalArgumentException for another element type
   */
  public static float[] floats(Tensor tensor) {
    DType dtype = ScalarTypes.of(tensor.scalar_type());
    if (dtype == DType.FLOAT32) {
      return memory(tensor).toArray(ValueLayout.JAVA_FLOAT);
    }
    if (dtype != DType.BFLOAT16 && dtype != DType.FLOAT16) {
      throw new IllegalArgumentException("a tensor of " + dtype + " where floats are expected");
    }
    short[] halves = memory(tensor).toArray(ValueLayout.JAVA_SHORT);
    float[] values = new float[halves.length];
    for (int i = 0; i < halves.length; i++) {
      values[i] =
          dtype == DType.FLOAT16
              ? Float.float16ToFloat(halves[i])
              // bfloat16 is the upper half of a float32.
              : Float.intBitsToFloat(halves[i] << Short.SIZE);
    }
    return values;
  }

  /** Gives a fresh parameter or buffer its first values; of other types than these, zeros. */
  public static void initialize(Init init, Tensor tensor, SplittableRandom random) {
    MemorySegment memory = memory(tensor);
    long n = tensor.numel();
    switch (ScalarTypes.of(tensor.scalar_type())) {
      case FLOAT32 -> {
        for (long i = 0; i < n; i++) {
          memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) init.next(random));
        }
      }
      case FLOAT64 -> {
        for (long i = 0; i < n; i++) {
          memory.setAtIndex(ValueLayout.JAVA_DOUBLE, i, init.next(random));
        }
      }
      case FLOAT16 -> {
        for (long i = 0; i < n; i++) {
          short half = Float.floatToFloat16((float) init.next(random));
          memory.setAtIndex(ValueLayout.JAVA_SHORT, i, half);
        }
      }
      case BFLOAT16 -> {
        for (long i = 0; i < n; i++) {
          int bits = Float.floatToIntBits((float) init.next(random));
          memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> Short.SIZE));
        }
      }
      case INT64 -> {
        for (long i = 0; i < n; i++) {
          memory.setAtIndex(ValueLayout.JAVA_LONG, i, (long) init.next(random));
        }
      }
      default -> memory.fill((byte) 0);
    }
  }
}
