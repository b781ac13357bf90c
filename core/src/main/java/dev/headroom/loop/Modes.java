package dev.headroom.loop;

import dev.headroom.engine.Engine;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Modes that forward itself changes: gradients off or on, autocast off. A call with a truth value
 * begins one, the same call without ends it, and what was before comes back.
 */
final class Modes<T> {
  private static final String GRAD = "torch._C._set_grad_enabled";
  private static final String AUTOCAST = "torch.set_autocast_enabled";

  private final Engine<T> engine;
  private final Deque<Boolean> before = new ArrayDeque<>();

  Modes(Engine<T> engine) {
    this.engine = engine;
  }

  /** Whether a call changes a mode. */
  static boolean is(String op) {
    return op.equals(GRAD) || op.equals(AUTOCAST);
  }

  void call(String op, List<@Nullable Object> arguments) {
    boolean begins = !arguments.isEmpty();
    if (op.equals(AUTOCAST)) {
      engine.suspendAutocast(begins);
    } else if (begins) {
      before.push(engine.isGradEnabled());
      engine.setGradEnabled(Boolean.TRUE.equals(arguments.getFirst()));
    } else {
      engine.setGradEnabled(before.pop());
    }
  }

  /** Forgets what a run that failed has begun. */
  void reset() {
    before.clear();
  }
}
