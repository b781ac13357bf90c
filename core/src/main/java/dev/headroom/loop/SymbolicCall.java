package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.tensor.TensorType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls that compute sizes, not tensors: PyTorch's Python does them itself, so no engine sees them.
 * Also the exporter's own assertions, which the running program does not have.
 */
final class SymbolicCall {
  private static final Set<String> ASSERTIONS =
      Set.of(
          "aten._assert_async.msg",
          "aten._assert_scalar.default",
          "aten._assert_tensor_metadata.default",
          "aten.sym_constrain_range.default",
          "aten.sym_constrain_range_for_size.default");

  private SymbolicCall() {}

  /** Whether a call is one of these. */
  static boolean is(String op) {
    return op.startsWith("_operator.")
        || op.startsWith("math.")
        || op.startsWith("torch.sym_")
        || op.startsWith("aten.sym_")
        || Modes.is(op)
        || ASSERTIONS.contains(op);
  }

  /**
   * Computes a size or a truth value.
   *
   * @return a {@link Long}, {@link Double} or {@link Boolean}; null for an assertion
   * @throws IllegalArgumentException if the call is not known, or its arguments don't fit
   * @throws ArithmeticException if the result needs more than 64 bits, or on division by zero
   */
  @SuppressWarnings("unchecked") // the first argument of sym_size is a handle of this engine
  static <T> @Nullable Object evaluate(Engine<T> engine, String op, List<@Nullable Object> args) {
    if (ASSERTIONS.contains(op)) {
      return null;
    }
    return switch (op) {
      case "aten.sym_size.int", "aten.sym_stride.int" -> {
        TensorType type = engine.type((T) given(op, args, 0));
        List<Long> values = op.startsWith("aten.sym_size") ? type.shape() : type.strides();
        long dim = (Long) given(op, args, 1);
        long index = dim < 0 ? dim + values.size() : dim;
        if (index < 0 || index >= values.size()) {
          throw new IllegalArgumentException(
              op + ": dimension " + dim + " of a tensor with " + values.size());
        }
        yield values.get((int) index);
      }
      case "aten.sym_numel.default" -> engine.type((T) given(op, args, 0)).elements();
      default -> {
        Object a = given(op, args, 0);
        yield args.size() == 1 ? unary(op, a) : binary(op, a, given(op, args, 1));
      }
    };
  }

  private static Object unary(String op, Object a) {
    return switch (op) {
      case "_operator.neg" ->
          a instanceof Double d ? (Object) (-d) : (Object) Math.negateExact((Long) a);
      case "_operator.pos" -> a;
      case "torch.sym_not" -> !(Boolean) a;
      case "torch.sym_float" -> number(a);
      case "torch.sym_int", "math.trunc" -> (long) number(a);
      case "math.floor" -> (long) Math.floor(number(a));
      case "math.ceil" -> (long) Math.ceil(number(a));
      default -> throw unknown(op);
    };
  }

  private static Object binary(String op, Object a, Object b) {
    if (a instanceof Boolean p && b instanceof Boolean q) {
      return switch (op) {
        case "_operator.and_" -> p && q;
        case "_operator.or_" -> p || q;
        case "_operator.eq" -> p.equals(q);
        case "_operator.ne" -> !p.equals(q);
        default -> throw unknown(op);
      };
    }
    if (a instanceof Long i && b instanceof Long k) {
      return whole(op, i, k);
    }
    double x = number(a);
    double y = number(b);
    return switch (op) {
      case "_operator.add" -> x + y;
      case "_operator.sub" -> x - y;
      case "_operator.mul" -> x * y;
      case "_operator.truediv" -> x / y;
      case "_operator.floordiv" -> Math.floor(x / y);
      case "_operator.pow" -> Math.pow(x, y);
      case "torch.sym_max" -> Math.max(x, y);
      case "torch.sym_min" -> Math.min(x, y);
      default -> compare(op, Double.compare(x, y));
    };
  }

  private static Object whole(String op, long a, long b) {
    return switch (op) {
      case "_operator.add" -> Math.addExact(a, b);
      case "_operator.sub" -> Math.subtractExact(a, b);
      case "_operator.mul" -> Math.multiplyExact(a, b);
      case "_operator.floordiv" -> Math.floorDivExact(a, b);
      case "_operator.mod" -> Math.floorMod(a, b);
      case "_operator.truediv" -> (double) a / b;
      case "_operator.pow" -> power(a, b);
      case "torch.sym_max" -> Math.max(a, b);
      case "torch.sym_min" -> Math.min(a, b);
      default -> compare(op, Long.compare(a, b));
    };
  }

  private static Object power(long base, long exponent) {
    return exponent < 0
        ? (Object) Math.pow((double) base, (double) exponent)
        : (Object) Math.powExact(base, Math.toIntExact(exponent));
  }

  private static Object compare(String op, int order) {
    return switch (op) {
      case "_operator.eq" -> order == 0;
      case "_operator.ne" -> order != 0;
      case "_operator.lt" -> order < 0;
      case "_operator.le" -> order <= 0;
      case "_operator.gt" -> order > 0;
      case "_operator.ge" -> order >= 0;
      default -> throw unknown(op);
    };
  }

  private static double number(Object value) {
    return ((Number) value).doubleValue();
  }

  private static Object given(String op, List<@Nullable Object> args, int index) {
    Object value = index < args.size() ? args.get(index) : null;
    if (value == null) {
      throw new IllegalArgumentException(op + " is not given its argument " + (index + 1));
    }
    return value;
  }

  private static IllegalArgumentException unknown(String op) {
    return new IllegalArgumentException(
        op + ": Headroom does not know how to compute this size or condition");
  }
}
