package dev.headroom.app.train;

import dev.headroom.app.DivergedException;
import dev.headroom.torch.Values;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Looks for values that are no numbers. */
final class Finite {
  private Finite() {}

  /** The first tensor with such values, as {@code model.fc1.weight: 12 of 100,352 values}. */
  static @Nullable String firstBad(Map<String, Tensor> tensors) {
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      long bad = Values.notFinite(entry.getValue());
      if (bad > 0) {
        return String.format(
            java.util.Locale.ROOT,
            "%s has %,d of %,d values that are NaN or infinite",
            entry.getKey(),
            bad,
            entry.getValue().numel());
      }
    }
    return null;
  }

  /** Makes sure that a state is worth keeping. */
  static void require(Running run, @Nullable Path lastGood) {
    String bad = firstBad(run.loop.state());
    if (bad != null) {
      throw new DivergedException(
          "training diverged: after step " + run.loop.steps() + ", " + bad, advice(lastGood));
    }
  }

  static String advice(@Nullable Path lastGood) {
    return (lastGood == null ? "" : "The last good checkpoint is " + lastGood + ". ")
        + "Try a smaller --lr, or --clip-norm.";
  }
}
