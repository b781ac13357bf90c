package dev.headroom.app.cli;

import dev.headroom.app.UsageException;
import dev.headroom.recipe.Extras;
import dev.headroom.recipe.Optimizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What people add to the plain loop and what takes memory, so that plans know it too. */
final class ExtrasOptions {
  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      converter = Values.NotNegative.class,
      description = "The optimizer's weight decay; left out, torch.optim's default.")
  @Nullable Double weightDecay;

  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      converter = Values.Rate.class,
      description = "Scale all gradients so that their common norm is at most this.")
  @Nullable Double clipNorm;

  @Option(
      names = "--ema",
      paramLabel = "DECAY",
      converter = Values.Rate.class,
      description = "Keep a moving average of the weights, such as 0.999, and test and save that.")
  @Nullable Double ema;

  /** As the recipe wants them. */
  Extras extras(Optimizer optimizer) {
    if (ema != null && ema >= 1) {
      throw new UsageException("--ema " + ema + " is not below 1", "Such as --ema 0.999.");
    }
    return new Extras(
        weightDecay == null ? optimizer.weightDecay() : weightDecay,
        clipNorm == null ? 0 : clipNorm,
        ema == null ? 0 : ema);
  }
}
