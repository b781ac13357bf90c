package dev.headroom.effect;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The simple noise scale {@code tr(Sigma) / |G|^2} in examples: up to about this batch, a larger
 * one saves steps nearly in proportion; far beyond it, hardly any. Both parts are smoothed over
 * probes by an exponential average before the ratio is taken, since the ratio of single probes has
 * no mean; the interval is Fieller's for a ratio of two means, from the probes' own spread.
 */
public final class NoiseScale {
  /** Weight of a probe relative to the next younger one. */
  private static final double DECAY = 0.75;

  /** Probes that have lost their weight are not looked at. */
  private static final int WINDOW = 20;

  /** Fewer tell nothing of their own spread. */
  private static final int FOR_INTERVAL = 4;

  /** Two-sided 90 % of a normal distribution. */
  private static final double Z = 1.645;

  private final List<NoiseProbe> probes = new ArrayList<>();

  /**
   * The scale after a number of probes.
   *
   * @param step step of the last probe
   * @param value in examples; NaN while the estimate of |G|^2 is not above zero
   * @param low lower end of the 90 % interval, NaN with too few probes
   * @param high upper end, infinite when |G|^2 cannot be told from zero, NaN with too few probes
   * @param gradientSquared smoothed |G|^2
   * @param trace smoothed tr(Sigma)
   */
  public record Estimate(
      long step, double value, double low, double high, double gradientSquared, double trace) {}

  /** Adds a probe; they come in the order of their steps. */
  public void add(NoiseProbe probe) {
    probes.add(probe);
  }

  /** All probes so far. */
  public List<NoiseProbe> probes() {
    return Collections.unmodifiableList(probes);
  }

  /** The scale now; at least one probe must be there. */
  public Estimate estimate() {
    return estimate(probes.size());
  }

  /** The scale as it was after each probe. */
  public List<Estimate> history() {
    List<Estimate> out = new ArrayList<>();
    for (int n = 1; n <= probes.size(); n++) {
      out.add(estimate(n));
    }
    return out;
  }

  private Estimate estimate(int n) {
    List<NoiseProbe> recent = probes.subList(Math.max(0, n - WINDOW), n);
    double[] weights = new double[recent.size()];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.pow(DECAY, (double) weights.length - 1 - i);
      sum += weights[i];
    }
    double g = 0;
    double t = 0;
    double squares = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= sum;
      g += weights[i] * recent.get(i).gradientSquared();
      t += weights[i] * recent.get(i).trace();
      squares += weights[i] * weights[i];
    }
    double varG = 0;
    double varT = 0;
    double cov = 0;
    for (int i = 0; i < weights.length; i++) {
      double dg = recent.get(i).gradientSquared() - g;
      double dt = recent.get(i).trace() - t;
      varG += weights[i] * dg * dg;
      varT += weights[i] * dt * dt;
      cov += weights[i] * dg * dt;
    }
    // Weighted variance of the mean, with Bessel's correction for weights that add up to one.
    double toMean = squares / (1 - squares);
    double[] interval =
        weights.length < FOR_INTERVAL
            ? new double[] {Double.NaN, Double.NaN}
            : fieller(t, g, varT * toMean, varG * toMean, cov * toMean);
    double value = g > 0 && t > 0 ? t / g : Double.NaN;
    return new Estimate(recent.getLast().step(), value, interval[0], interval[1], g, t);
  }

  /** The interval of top / bottom at {@link #Z}: open above when the bottom may be zero. */
  private static double[] fieller(
      double top, double bottom, double varTop, double varBottom, double cov) {
    double zz = Z * Z;
    double a = bottom * bottom - zz * varBottom;
    if (bottom <= 0 || a <= 0) {
      double least = Math.max(0, top - Z * Math.sqrt(varTop));
      return new double[] {
        least / (Math.max(0, bottom) + Z * Math.sqrt(varBottom)), Double.POSITIVE_INFINITY
      };
    }
    double b = top * bottom - zz * cov;
    double c = top * top - zz * varTop;
    double root = Math.sqrt(Math.max(0, b * b - a * c));
    return new double[] {Math.max(0, (b - root) / a), (b + root) / a};
  }
}
