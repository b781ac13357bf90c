package dev.headroom.graph;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import java.util.List;

/** An argument of a {@link Node}: the kinds that torch.export knows. */
public sealed interface Argument {
  /** A tensor by name. */
  record OfTensor(String name) implements Argument {}

  /** A list of tensors by name. */
  record OfTensors(List<String> names) implements Argument {
    public OfTensors {
      names = List.copyOf(names);
    }
  }

  /** A list whose items are {@link OfTensor} or {@link OfNone}, as the indices of x[:, i]. */
  record OfOptionalTensors(List<Argument> items) implements Argument {
    public OfOptionalTensors {
      items = List.copyOf(items);
    }
  }

  /** An integer. */
  record OfInt(long value) implements Argument {}

  /** A number or truth value that the graph computes, such as the batch size. */
  record OfSymInt(String name) implements Argument {}

  /** A list whose items are {@link OfInt} or {@link OfSymInt}. */
  record OfInts(List<Argument> items) implements Argument {
    public OfInts {
      items = List.copyOf(items);
    }
  }

  /** A floating-point number. */
  record OfFloat(double value) implements Argument {}

  /** A list of floating-point numbers. */
  record OfFloats(List<Double> values) implements Argument {
    public OfFloats {
      values = List.copyOf(values);
    }
  }

  /** A truth value. */
  record OfBool(boolean value) implements Argument {}

  /** A list of truth values. */
  record OfBools(List<Boolean> values) implements Argument {
    public OfBools {
      values = List.copyOf(values);
    }
  }

  /** Text. */
  record OfString(String value) implements Argument {}

  /** An element type. */
  record OfDType(DType value) implements Argument {}

  /** How dimensions lie in memory. */
  record OfMemoryFormat(MemoryFormat value) implements Argument {}

  /**
   * A device, such as {@code cpu}. Whatever the file says, calls run on the engine's own device.
   */
  record OfDevice(String type) implements Argument {}

  /** Nothing: an optional argument left out. */
  record OfNone() implements Argument {}

  /** A constant list of integers. */
  static OfInts ints(long... values) {
    return new OfInts(java.util.Arrays.stream(values).<Argument>mapToObj(OfInt::new).toList());
  }

  /** A tensor by name. */
  static Argument tensor(String name) {
    return new OfTensor(name);
  }

  /** A constant integer. */
  static Argument of(long value) {
    return new OfInt(value);
  }

  /** A constant floating-point number. */
  static Argument of(double value) {
    return new OfFloat(value);
  }

  /** A constant truth value. */
  static Argument of(boolean value) {
    return new OfBool(value);
  }

  /** Nothing. */
  static Argument none() {
    return new OfNone();
  }
}
