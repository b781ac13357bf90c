package dev.headroom.torch;

import dev.headroom.graph.Argument;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Turns the arguments of a call into libtorch's boxed values, and closes them after it. */
final class Boxing {
  private final List<Pointer> temporaries = new ArrayList<>();
  private final Consumer<Tensor> wrapping;
  private final Supplier<String> engineDevice;

  /**
   * For one engine.
   *
   * @param wrapping is told of every number that becomes a tensor
   * @param engineDevice says where the engine's tensors are at the moment
   */
  Boxing(Consumer<Tensor> wrapping, Supplier<String> engineDevice) {
    this.wrapping = wrapping;
    this.engineDevice = engineDevice;
  }

  /** Boxes one argument; what it needs lives until {@link #clear}. */
  IValue box(Operator.Parameter parameter, @Nullable Object value) {
    IValue boxed = unkept(parameter, value);
    temporaries.add(boxed);
    return boxed;
  }

  private IValue unkept(Operator.Parameter parameter, @Nullable Object value) {
    return switch (value) {
      case null -> new IValue();
      case Tensor t -> new IValue(t);
      case Long l -> parameter.isTensor() ? wrapped(new Scalar(l)) : new IValue((long) l);
      case Double d -> parameter.isTensor() ? wrapped(new Scalar(d)) : new IValue((double) d);
      case Boolean b -> new IValue((boolean) b);
      case DType dtype -> new IValue((long) ScalarTypes.number(dtype));
      case String s -> new IValue(s);
      case MemoryFormat format -> new IValue((long) format.number());
      case Argument.OfDevice d -> device();
      case List<?> list -> list(parameter, list);
      default -> throw new IllegalArgumentException("cannot pass a " + value.getClass());
    };
  }

  /** Whatever device a file names, calls run on this engine's. */
  private IValue device() {
    Device device = new Device(engineDevice.get());
    temporaries.add(device);
    return new IValue(device);
  }

  /** A number where a tensor is expected becomes 8 bytes of their own, as in Python's binding. */
  private IValue wrapped(Scalar scalar) {
    Tensor tensor = torch.wrapped_scalar_tensor(scalar);
    scalar.close();
    temporaries.add(tensor);
    wrapping.accept(tensor);
    return new IValue(tensor);
  }

  private IValue list(Operator.Parameter parameter, List<?> items) {
    if (parameter.listElement() == null) {
      throw new IllegalArgumentException("a list was given where the schema has none");
    }
    GenericList list = new GenericList(parameter.listElement());
    temporaries.add(list);
    for (Object item : items) {
      IValue value =
          switch (item) {
            case Tensor t -> new IValue(t);
            case Long l -> new IValue((long) l);
            case Double d -> new IValue((double) d);
            case Boolean b -> new IValue((boolean) b);
            case null -> new IValue();
            default -> throw new IllegalArgumentException("cannot pass a list with " + item);
          };
      list.push_back(value);
      value.close();
    }
    return new IValue(list);
  }

  /** Closes what the last call's arguments needed, the last first. */
  void clear() {
    for (int i = temporaries.size() - 1; i >= 0; i--) {
      temporaries.get(i).close();
    }
    temporaries.clear();
  }
}
