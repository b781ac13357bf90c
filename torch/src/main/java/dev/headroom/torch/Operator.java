package dev.headroom.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueOptional;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Type;

/** One ATen overload of the dispatcher, with what its schema says about arguments. */
final class Operator {
  /**
   * One parameter of the schema.
   *
   * @param isTensor whether it is a single tensor, so that a plain number has to be wrapped
   * @param listElement element type of a list parameter, or null
   * @param defaultValue value when left out; None where there is no default
   */
  record Parameter(
      boolean isTensor,
      Type.@org.jspecify.annotations.Nullable TypePtr listElement,
      IValue defaultValue) {}

  final OperatorHandle handle;
  final List<Parameter> parameters = new ArrayList<>();

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
      return operator;
    } catch (RuntimeException e) {
      throw new TorchException(
          name + ": libtorch does not know it: " + TorchException.reason(e), e);
    }
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
    return new Parameter(type.equals("Tensor") || type.equals("Tensor?"), element, value);
  }
}
