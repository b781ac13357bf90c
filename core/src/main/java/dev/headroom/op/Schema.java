package dev.headroom.op;

import dev.headroom.graph.Argument;
import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The signature of an ATen overload, as {@code native_functions.yaml} writes it. torch.export
 * leaves out arguments that equal their default, and passes some by keyword: {@link #place} puts
 * them back into their positions.
 *
 * @param op overload as torch.export names it: {@code aten.conv2d.default}
 * @param parameters in order, keyword-only ones at the end
 */
public record Schema(String op, List<Parameter> parameters) {
  /**
   * One parameter.
   *
   * @param name as PyTorch names it
   * @param type as PyTorch writes it, without alias marks: {@code Tensor?}, {@code SymInt[2]}
   * @param required whether it has no default
   * @param defaultValue the default: null, {@link Long}, {@link Double}, {@link Boolean}, {@link
   *     String} or {@code List<Long>}
   */
  public record Parameter(
      String name, String type, boolean required, @Nullable Object defaultValue) {
    /** Whether it is a single tensor, so that a plain number is wrapped into one. */
    public boolean isTensor() {
      return type.equals("Tensor") || type.equals("Tensor?");
    }

    /** Whether None means something other than its default. */
    public boolean isOptional() {
      return type.endsWith("?");
    }

    /** The default as an argument of a graph. */
    public Argument defaultArgument() {
      return switch (defaultValue) {
        case null -> new Argument.OfNone();
        case Long l ->
            type.contains("[") ? Argument.ints(repeat(l, listSize())) : new Argument.OfInt(l);
        case Double d -> new Argument.OfFloat(d);
        case Boolean b -> new Argument.OfBool(b);
        case DType d -> new Argument.OfDType(d);
        case List<?> list ->
            Argument.ints(list.stream().map(Long.class::cast).mapToLong(Long::longValue).toArray());
        case Object text -> new Argument.OfString(text.toString());
      };
    }

    /** The length that {@code SymInt[2]} gives, 1 where none is given. */
    int listSize() {
      int open = type.indexOf('[');
      int close = type.indexOf(']');
      return close - open <= 1 ? 1 : Integer.parseInt(type.substring(open + 1, close));
    }

    private static long[] repeat(long value, int times) {
      long[] out = new long[times];
      java.util.Arrays.fill(out, value);
      return out;
    }
  }

  public Schema {
    parameters = List.copyOf(parameters);
  }

  /** Position of a parameter, or -1. */
  public int index(String name) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Arguments in the order of the parameters: positional ones, then keywords where they belong,
   * defaults in the gaps. Defaults behind the last argument given are left out.
   *
   * @throws IllegalArgumentException if there are too many, a keyword is unknown or given twice, or
   *     a required argument is missing
   */
  public List<Argument> place(List<Argument> positional, Map<String, Argument> keywords) {
    if (positional.size() > parameters.size()) {
      throw new IllegalArgumentException(
          op + " takes " + parameters.size() + " arguments, not " + positional.size());
    }
    int last = positional.size();
    for (String keyword : keywords.keySet()) {
      int index = index(keyword);
      if (index < 0 || index < positional.size()) {
        throw new IllegalArgumentException(
            op
                + (index < 0 ? " has no argument '" : " is given twice its argument '")
                + keyword
                + "'");
      }
      last = Math.max(last, index + 1);
    }
    List<Argument> out = new ArrayList<>(positional);
    for (int i = positional.size(); i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      Argument given = keywords.get(parameter.name());
      if (given == null && parameter.required()) {
        throw new IllegalArgumentException(
            op + " is not given its argument '" + parameter.name() + "'");
      }
      if (i < last) {
        out.add(given == null ? parameter.defaultArgument() : given);
      }
    }
    return out;
  }

  /**
   * Reads a signature.
   *
   * @param text such as {@code "add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)"}, with or
   *     without the part from {@code ->} on
   */
  static Schema parse(String text) {
    int open = text.indexOf('(');
    int arrow = text.indexOf("->");
    int close = text.lastIndexOf(')', arrow < 0 ? text.length() : arrow);
    List<Parameter> parameters = new ArrayList<>();
    int depth = 0;
    int start = open + 1;
    for (int i = start; i <= close; i++) {
      char c = text.charAt(i);
      if (c == '[' || c == '(') {
        depth++;
      } else if (depth > 0 && (c == ']' || c == ')')) {
        depth--;
      } else if (depth == 0 && (c == ',' || i == close)) {
        String part = text.substring(start, i).trim();
        if (!part.isEmpty() && !part.equals("*")) {
          parameters.add(parameter(part));
        }
        start = i + 1;
      }
    }
    return new Schema(name(text), parameters);
  }

  /** The overload that a signature belongs to: {@code aten.relu.default} for {@code relu(...)}. */
  static String name(String text) {
    String name = text.substring(0, text.indexOf('('));
    return "aten." + name + (name.indexOf('.') < 0 ? ".default" : "");
  }

  private static Parameter parameter(String text) {
    int equals = text.indexOf('=');
    String declared = equals < 0 ? text : text.substring(0, equals);
    int space = declared.lastIndexOf(' ');
    String type = declared.substring(0, space).replaceAll("\\([a-z!|]+\\)", "");
    return new Parameter(
        declared.substring(space + 1),
        type,
        equals < 0,
        equals < 0 ? null : value(text.substring(equals + 1)));
  }

  private static @Nullable Object value(String text) {
    if (text.startsWith("[")) {
      String inner = text.substring(1, text.length() - 1);
      List<Long> items = new ArrayList<>();
      for (String item : inner.split(",", -1)) {
        if (!item.isBlank()) {
          items.add(Long.valueOf(item.trim()));
        }
      }
      return items;
    }
    return switch (text) {
      case "None" -> null;
      case "True" -> true;
      case "False" -> false;
      case "Mean" -> 1L;
      case "long" -> DType.INT64;
      default ->
          text.matches("-?[0-9]+")
              ? (Object) Long.valueOf(text)
              : text.matches("-?[0-9.]+(e-?[0-9]+)?") ? (Object) Double.valueOf(text) : text;
    };
  }
}
