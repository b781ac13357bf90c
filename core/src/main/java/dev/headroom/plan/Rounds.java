package dev.headroom.plan;

import java.util.HashMap;
import java.util.Map;

/** Notices that something repeated is back at an earlier state, so that rounds can be left out. */
final class Rounds {
  private final Map<Long, Long> seen = new HashMap<>();

  /**
   * Looks at the state after a repetition.
   *
   * @param done repetitions so far
   * @param count of all that are wanted
   * @return the same, and as many whole rounds more as there is room for
   */
  long skip(long state, long done, long count) {
    Long before = seen.put(state, done);
    if (before == null) {
      return done;
    }
    seen.clear();
    long round = done - before;
    return done + (count - done) / round * round;
  }
}
