package dev.headroom.graph;

import dev.headroom.tensor.DType;
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

  /** An integer. */
  record OfInt(long value) implements Argument {}

  /** An integer computed by the graph, such as the batch size. */
  record OfSymInt(String name) implements Argument {}

  /** A list whose items are {@link OfInt} or {@link OfSymInt}. */
  record OfInts(List<Argument> items) implements Argument {
    public OfInts {
      items = List.copyOf(items);
    }
  }

  /** A floating-point number. */
  record OfFloat(double value) implements Argument {}

  /** A truth value. */
  record OfBool(boolean value) implements Argument {}

  /** Text. */
  record OfString(String value) implements Argument {}

  /** An element type. */
  record OfDType(DType value) implements Argument {}

  /** Nothing: an optional argument left out. */
  record OfNone() implements Argument {}

  /** A constant list of integers. */
  static OfInts ints(long... values) {
    return new OfInts(java.util.Arrays.stream(values).<Argument>mapToObj(OfInt::new).toList());
  }
}
