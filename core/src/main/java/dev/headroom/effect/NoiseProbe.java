package dev.headroom.effect;

/**
 * Squared gradient norms at two batch sizes and the same weights (McCandlish et al. 2018, arXiv
 * 1812.06162, appendix A.1). With G the true gradient and Sigma the covariance of one example's,
 * {@code E|G_b|^2 = |G|^2 + tr(Sigma) / b}: two sizes give both unknowns without bias.
 *
 * @param step optimizer steps before it was taken
 * @param small examples in each small batch
 * @param large examples in the large batch
 * @param smallSquared mean squared norm over the small batches' gradients
 * @param largeSquared squared norm of the large batch's gradient
 */
public record NoiseProbe(
    long step, long small, long large, double smallSquared, double largeSquared) {
  public NoiseProbe {
    if (small < 1 || large <= small) {
      throw new IllegalArgumentException(
          "batches of " + small + " and " + large + ", expected 1 <= small < large");
    }
  }

  /** Unbiased estimate of |G|^2; below zero when noise outweighs it. */
  public double gradientSquared() {
    return (large * largeSquared - small * smallSquared) / (large - small);
  }

  /** Unbiased estimate of tr(Sigma). */
  public double trace() {
    return (smallSquared - largeSquared) / (1.0 / small - 1.0 / large);
  }
}
