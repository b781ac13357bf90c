package dev.headroom.engine;

import java.util.List;
import java.util.function.Function;

/**
 * An engine that can drop the intermediates of a region and compute them again in backward, as
 * {@code torch.utils.checkpoint} does.
 *
 * @param <T> handle to a tensor
 */
public interface Checkpointing<T> {
  /**
   * Runs a region and keeps nothing of it but its inputs.
   *
   * @param inputs what the region reads besides parameters and buffers; borrowed
   * @param body runs the region on its inputs and returns owned results; called now, and once more
   *     when backward reaches the region
   */
  List<T> checkpoint(List<T> inputs, Function<List<T>, List<T>> body);
}
