package dev.headroom.app.train;

import dev.headroom.importers.Weights;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.Values;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What parameters and buffers begin with: a file's own values where it has them, else fresh ones.
 */
public final class FirstValues {
  private FirstValues() {}

  /** Values for a run with a seed; the weights may be null. */
  public static TrainingLoop.Initializer<Tensor> of(@Nullable Weights weights, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return (input, tensor) -> {
      if (weights != null && weights.has(input)) {
        weights.copy(input, Values.memory(tensor));
      } else {
        Values.initialize(input.init(), tensor, random);
      }
    };
  }
}
