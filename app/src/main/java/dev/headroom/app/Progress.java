package dev.headroom.app;

/** How far a long task has come; made by {@link Terminal#progress}. */
public interface Progress extends AutoCloseable {
  /** Shows nothing. */
  Progress SILENT = new Progress() {};

  /** So many further steps are done. Cheap enough for a tight loop. */
  default void advance(long steps) {}

  /** A word about the state, shown beside it, such as {@code loss 0.31}. */
  default void say(String state) {}

  @Override
  default void close() {}
}
