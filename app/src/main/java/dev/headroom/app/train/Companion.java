package dev.headroom.app.train;

import java.io.IOException;
import java.util.Map;

/**
 * Goes along with a training run and acts between its steps: writes checkpoints, keeps a log, sets
 * the learning rate, stops early. Companions are called in their order.
 */
public interface Companion {
  /** Before the first step; parameters have their first values. */
  default void begin(Running run) throws IOException {}

  /** Before every optimizer step. */
  default void beforeStep(Running run) {}

  /**
   * After every optimizer step.
   *
   * @param loss mean loss of the step's samples, before the step
   */
  default void afterStep(Running run, double loss) throws IOException {}

  /** After every whole pass and its evaluation; the position is the beginning of the next pass. */
  default void afterEpoch(Running run) throws IOException {}

  /** After the last step, whatever it ended for; not after a failure. */
  default void end(Running run) throws IOException {}

  /** Whether training should end before its last epoch. */
  default boolean wantsStop() {
    return false;
  }

  /** What it has to remember over a restart, added to a checkpoint's metadata. */
  default void save(Map<String, String> into) {}

  /** The same, coming back. */
  default void load(Map<String, String> from) {}
}
