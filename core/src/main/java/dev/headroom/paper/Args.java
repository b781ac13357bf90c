package dev.headroom.paper;

import dev.headroom.op.Operators;
import dev.headroom.op.Schema;
import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Arguments of one call, as a rule reads them. What was left out, or is None where the operator's
 * signature has no optional, reads as the signature's default.
 */
public final class Args {
  private final String op;
  private final @Nullable Object[] values;

  Args(String op, @Nullable Object[] values) {
    this.op = op;
    this.values = values;
  }

  /** The overload that is called. */
  public String op() {
    return op;
  }

  /** A tensor that must be there; borrowed. */
  public PaperTensor tensor(int index) {
    if (index < values.length && values[index] instanceof PaperTensor t) {
      return t;
    }
    throw wrong(index, "a tensor");
  }

  /** A tensor or null; borrowed. */
  public @Nullable PaperTensor optionalTensor(int index) {
    return index < values.length && values[index] instanceof PaperTensor t ? t : null;
  }

  /** A list of tensors; borrowed. */
  public List<PaperTensor> tensors(int index) {
    if (index < values.length && values[index] instanceof List<?> list) {
      List<PaperTensor> tensors = new ArrayList<>(list.size());
      for (Object item : list) {
        tensors.add((PaperTensor) item);
      }
      return tensors;
    }
    throw wrong(index, "a list of tensors");
  }

  /** A list of tensors, some of which may be missing; borrowed. */
  public List<@Nullable PaperTensor> optionalTensors(int index) {
    if (index < values.length && values[index] instanceof List<?> list) {
      List<@Nullable PaperTensor> out = new java.util.ArrayList<>();
      for (Object item : list) {
        out.add(item instanceof PaperTensor t ? t : null);
      }
      return out;
    }
    throw wrong(index, "a list of tensors");
  }

  /** Whether an argument is a plain number, which a Tensor parameter wraps. */
  public boolean isNumber(int index) {
    return index < values.length
        && (values[index] instanceof Number || values[index] instanceof Boolean);
  }

  /** Whether an argument was given and is not null. */
  public boolean has(int index) {
    return index < values.length && values[index] != null;
  }

  /** An argument that is there, or its default. */
  public Object value(int index) {
    Object value = find(index);
    if (value == null) {
      throw wrong(index, "a value");
    }
    return value;
  }

  /** An integer, or its default. */
  public long integer(int index) {
    if (find(index) instanceof Number n) {
      return n.longValue();
    }
    throw wrong(index, "an integer");
  }

  /** An integer, or another value where neither it nor a default is there. */
  public long integer(int index, long otherwise) {
    return find(index) instanceof Number n ? n.longValue() : otherwise;
  }

  /** A number, or its default. */
  public double number(int index) {
    return switch (find(index)) {
      case Number n -> n.doubleValue();
      case Boolean b -> b ? 1 : 0;
      case null, default -> throw wrong(index, "a number");
    };
  }

  /** A truth value, or its default. */
  public boolean bool(int index) {
    return switch (find(index)) {
      case Boolean b -> b;
      case Number n -> n.longValue() != 0;
      case null, default -> throw wrong(index, "a truth value");
    };
  }

  /** An element type, or null if none was given. */
  public @Nullable DType dtype(int index) {
    return find(index) instanceof DType d ? d : null;
  }

  /** A list of integers, or its default; a single integer is a list of one. */
  public List<Long> integers(int index) {
    return switch (find(index)) {
      case List<?> list -> longs(list);
      case Number n -> List.of(n.longValue());
      case null, default -> throw wrong(index, "a list of integers");
    };
  }

  @SuppressWarnings("unchecked") // every item was looked at
  private static List<Long> longs(List<?> list) {
    for (Object item : list) {
      if (!(item instanceof Long)) {
        return list.stream().map(i -> ((Number) i).longValue()).toList();
      }
    }
    return (List<Long>) list;
  }

  /** A list of numbers. */
  public List<Double> numbers(int index) {
    if (find(index) instanceof List<?> list) {
      return list.stream().map(i -> ((Number) i).doubleValue()).toList();
    }
    throw wrong(index, "a list of numbers");
  }

  /** A list with one integer per dimension: a single one is repeated, as {@code int[2]} does. */
  public List<Long> integers(int index, int dims) {
    List<Long> given = integers(index);
    return given.size() == 1 && dims > 1
        ? java.util.Collections.nCopies(dims, given.getFirst())
        : given;
  }

  private @Nullable Object find(int index) {
    Object value = index < values.length ? values[index] : null;
    if (value != null) {
      return value;
    }
    Schema schema = Operators.schema(op);
    if (schema == null || index >= schema.parameters().size()) {
      return null;
    }
    Schema.Parameter parameter = schema.parameters().get(index);
    return index < values.length && parameter.isOptional() ? null : parameter.defaultValue();
  }

  private IllegalArgumentException wrong(int index, String expected) {
    Object value = index < values.length ? values[index] : "nothing";
    Schema schema = Operators.schema(op);
    String name =
        schema != null && index < schema.parameters().size()
            ? "'" + schema.parameters().get(index).name() + "'"
            : Integer.toString(index);
    return new IllegalArgumentException(
        op + ": argument " + name + " is " + value + ", expected " + expected);
  }
}
