package dev.headroom.app.cli;

import dev.headroom.app.UsageException;
import dev.headroom.recipe.Extras;
import dev.headroom.recipe.Loss;
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

  @Option(
      names = "--label-smoothing",
      paramLabel = "PART",
      converter = Values.Rate.class,
      description = "cross_entropy's label_smoothing, such as 0.1.")
  @Nullable Double labelSmoothing;

  /** As the recipe wants them. */
  Extras extras(Optimizer optimizer, Loss loss) {
    if (labelSmoothing != null && loss != Loss.CROSS_ENTROPY) {
      throw new UsageException(
          "--label-smoothing is an argument of cross_entropy, not of " + loss.label(),
          "Leave it out, or use --loss cross_entropy.");
    }
    if (labelSmoothing != null && labelSmoothing > 1) {
      throw new UsageException(
          "--label-smoothing " + labelSmoothing + " is above 1", "Such as --label-smoothing 0.1.");
    }
    if (ema != null && ema >= 1) {
      throw new UsageException("--ema " + ema + " is not below 1", "Such as --ema 0.999.");
    }
    return new Extras(
        weightDecay == null ? optimizer.weightDecay() : weightDecay,
        clipNorm == null ? 0 : clipNorm,
        ema == null ? 0 : ema,
        labelSmoothing == null ? 0 : labelSmoothing);
  }
}
