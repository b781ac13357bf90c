package dev.headroom.paper;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arguments of one call, as a rule reads them; trailing defaults may be missing. */
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
      return list.stream().map(PaperTensor.class::cast).toList();
    }
    throw wrong(index, "a list of tensors");
  }

  /** Whether an argument is a plain number, which a Tensor parameter wraps. */
  public boolean isNumber(int index) {
    return index < values.length && values[index] instanceof Number;
  }

  /** Whether an argument was given and is not null. */
  public boolean has(int index) {
    return index < values.length && values[index] != null;
  }

  /** An integer, or its default. */
  public long integer(int index, long defaultValue) {
    return index < values.length && values[index] instanceof Long l ? l : defaultValue;
  }

  /** A list of integers. */
  public List<Long> integers(int index) {
    if (index < values.length && values[index] instanceof List<?> list) {
      return list.stream().map(Long.class::cast).toList();
    }
    throw wrong(index, "a list of integers");
  }

  private IllegalArgumentException wrong(int index, String expected) {
    Object value = index < values.length ? values[index] : "nothing";
    return new IllegalArgumentException(
        op + ": argument " + index + " is " + value + ", expected " + expected);
  }
}
