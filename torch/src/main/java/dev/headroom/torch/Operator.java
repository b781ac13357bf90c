package dev.headroom.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueOptional;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Type;
import org.jspecify.annotations.Nullable;

/** One ATen overload of the dispatcher, with what its schema says about arguments. */
final class Operator {
  /**
   * One parameter of the schema.
   *
   * @param name as the schema has it
   * @param isTensor whether it is a single tensor, so that a plain number has to be wrapped
   * @param listElement element type of a list parameter, or null
   * @param defaultValue value when left out; None where there is no default
   */
  record Parameter(
      String name, boolean isTensor, Type.@Nullable TypePtr listElement, IValue defaultValue) {}

  /** Stands for an argument that was left out between others. */
  enum LeftOut {
    LEFT_OUT
  }

  final OperatorHandle handle;
  final List<Parameter> parameters = new ArrayList<>();

  /** Where an overload that makes tensors out of none takes their device; -1 in all others. */
  int factoryDevice = -1;

  private Operator(OperatorHandle handle) {
    this.handle = handle;
  }

  /**
   * Finds an overload.
   *
   * @param name such as {@code aten.add_.Tensor} or {@code aten.linear.default}
   * @throws TorchException if libtorch does not know it
   */
  static Operator find(String name) {
    int first = name.indexOf('.');
    int last = name.lastIndexOf('.');
    String overload = name.substring(last + 1);
    try (PointerScope scope = new PointerScope()) {
      OperatorHandle handle =
          new OperatorHandle(
              Dispatcher.singleton()
                  .findSchemaOrThrow(
                      name.substring(0, first) + "::" + name.substring(first + 1, last),
                      overload.equals("default") ? "" : overload));
      handle.retainReference();
      Operator operator = new Operator(handle);
      FunctionSchema schema = handle.schema();
      Argument arguments = schema.arguments();
      long count = arguments.limit();
      for (long i = 0; i < count; i++) {
        operator.parameters.add(parameter(arguments.getPointer(Argument.class, i)));
      }
      if (operator.parameters.stream().noneMatch(Parameter::isTensor)) {
        operator.factoryDevice = operator.index("device");
      }
      return operator;
    } catch (RuntimeException e) {
      throw new TorchException(
          name + ": libtorch does not know it: " + TorchException.reason(e), e);
    }
  }

  /** Arguments by position and by name, in the order of the schema. */
  @Nullable Object[] place(
      String name, List<@Nullable Object> args, Map<String, @Nullable Object> keywords) {
    @Nullable Object[] out = new Object[Math.max(args.size(), parameters.size())];
    Arrays.fill(out, LeftOut.LEFT_OUT);
    for (int i = 0; i < args.size(); i++) {
      out[i] = args.get(i);
    }
    keywords.forEach(
        (keyword, value) -> {
          int i = index(keyword);
          if (i < 0 || !(out[i] instanceof LeftOut)) {
            throw new IllegalArgumentException(
                name + (i < 0 ? " has no argument " : " is given twice its argument ") + keyword);
          }
          out[i] = value;
        });
    return out;
  }

  private int index(String keyword) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(keyword)) {
        return i;
      }
    }
    return -1;
  }

  private static Parameter parameter(Argument argument) {
    String type = argument.type().get().str().getString();
    Type.TypePtr element = null;
    if (type.endsWith("[]") || type.endsWith("[]?")) {
      Type.TypePtr list = argument.type();
      if (type.endsWith("?")) {
        list = list.get().containedType(0);
      }
      element = new Type.TypePtr(list.get().containedType(0));
      element.retainReference();
    }
    IValueOptional given = argument.default_value();
    IValue value = given.has_value() ? new IValue(given.get()) : new IValue();
    value.retainReference();
    return new Parameter(
        argument.name().getString(),
        type.equals("Tensor") || type.equals("Tensor?"),
        element,
        value);
  }
}
