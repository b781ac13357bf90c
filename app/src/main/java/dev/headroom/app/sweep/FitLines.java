package dev.headroom.app.sweep;

import dev.headroom.effect.NoiseScale;
import dev.headroom.effect.ThroughputCurve;
import dev.headroom.effect.ThroughputCurve.Point;
import dev.headroom.effect.TimeToTarget;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What a fitted law says of a step's time and of the best batch, in the words of every report. */
final class FitLines {
  /** Up to this miss a line is as good as the curve. */
  private static final double STRAIGHT = 0.1;

  private FitLines() {}

  /** A number of images, or that it is unknown. */
  static String images(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%,.0f", value) : "unknown";
  }

  /** An estimate in words. */
  static String noise(NoiseScale.Estimate estimate) {
    return String.format(
        Locale.ROOT,
        Double.isFinite(estimate.value()) ? "%s images at step %,d" : "%s at step %,d",
        images(estimate.value()),
        estimate.step());
  }

  static List<String> of(TimeToTarget fit) {
    return List.of(
        step(fit.throughput()), "Least time by both: batch " + images(fit.bestBatch()) + ".");
  }

  private static String step(ThroughputCurve curve) {
    if (curve.worstMiss() <= STRAIGHT) {
      return String.format(
          Locale.ROOT,
          "A step takes %.3g ms + %.3g us per image; half throughput at batch %s.",
          1e3 * curve.overheadSeconds(),
          1e6 * curve.secondsPerExample(),
          images(curve.halfBatch()));
    }
    Point cheapest =
        Collections.min(
            curve.points(), Comparator.comparingDouble(p -> p.secondsPerStep() / p.batch()));
    Point last = curve.points().getLast();
    return String.format(
        Locale.ROOT,
        "An image takes %s; least at batch %,.0f, %s.",
        at(curve.points().getFirst()) + (cheapest.equals(last) ? "" : ", " + at(last)),
        cheapest.batch(),
        perImage(cheapest));
  }

  private static String at(Point point) {
    return String.format(Locale.ROOT, "%s in a batch of %,.0f", perImage(point), point.batch());
  }

  private static String perImage(Point point) {
    double micros = 1e6 * point.secondsPerStep() / point.batch();
    return micros < 1000
        ? String.format(Locale.ROOT, "%.3g us", micros)
        : String.format(Locale.ROOT, "%.3g ms", micros / 1000);
  }
}
