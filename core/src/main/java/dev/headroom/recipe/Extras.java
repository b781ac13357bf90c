package dev.headroom.recipe;

/**
 * What people add to the plain loop, where it changes what the loop allocates.
 *
 * @param weightDecay the optimizer's own argument, 0 for none; AdamW's is decoupled, the others add
 *     it to the gradient
 * @param clipNorm largest norm of all gradients together ({@code clip_grad_norm_}), 0 for no limit
 * @param averageDecay decay of an exponential moving average of the parameters ({@code
 *     AveragedModel} with {@code get_ema_multi_avg_fn}), 0 for none
 * @param labelSmoothing {@code cross_entropy}'s argument: the part of a target that is spread over
 *     all classes, 0 for none; makes the loss a composite with temporaries of its own
 */
public record Extras(
    double weightDecay, double clipNorm, double averageDecay, double labelSmoothing) {
  public Extras {
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new IllegalArgumentException("weight decay is " + weightDecay + ", expected 0 or more");
    }
    if (!(clipNorm >= 0) || Double.isInfinite(clipNorm)) {
      throw new IllegalArgumentException("clip norm is " + clipNorm + ", expected 0 or more");
    }
    if (!(averageDecay >= 0 && averageDecay < 1)) {
      throw new IllegalArgumentException(
          "EMA decay is " + averageDecay + ", expected 0 to below 1");
    }
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new IllegalArgumentException(
          "label smoothing is " + labelSmoothing + ", expected 0 to 1");
    }
  }

  /** What a user of an optimizer gets without asking for more. */
  public static Extras of(Optimizer optimizer) {
    return new Extras(optimizer.weightDecay(), 0, 0, 0);
  }
}
