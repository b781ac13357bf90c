package dev.headroom.torch.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One operator with argument values.
 *
 * @param op overload
 * @param args positional arguments; a {@link Sample} or a list of them where a tensor is wanted
 * @param losses results that flow into the loss; empty for an operator without gradient
 */
record OpCase(String op, List<Object> args, List<Integer> losses) {
  /** A case whose first result flows into the loss. */
  static OpCase of(String op, Object... args) {
    return new OpCase(op, new ArrayList<>(Arrays.asList(args)), List.of(0));
  }

  /** The same for an operator without gradient. */
  OpCase plain() {
    return new OpCase(op, args, List.of());
  }

  /** The same with these results in the loss. */
  OpCase losing(Integer... results) {
    return new OpCase(op, args, List.of(results));
  }

  @Override
  public String toString() {
    return op + args;
  }
}
