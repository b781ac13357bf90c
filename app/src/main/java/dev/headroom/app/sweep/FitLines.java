package dev.headroom.app.sweep;

import dev.headroom.effect.TimeToTarget;
import java.util.List;
import java.util.Locale;

/** What a fitted law says of a step's time and of the best batch, in the words of every report. */
final class FitLines {
  private FitLines() {}

  /** A number of images, or that it is unknown. */
  static String images(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%,.0f", value) : "unknown";
  }

  static List<String> of(TimeToTarget fit) {
    return List.of(
        String.format(
            Locale.ROOT,
            "A step takes %.3g ms + %.3g us per image; half throughput at batch %s.",
            1e3 * fit.throughput().overheadSeconds(),
            1e6 * fit.throughput().secondsPerExample(),
            images(fit.throughput().halfBatch())),
        "Least time by both, the root of their product: batch " + images(fit.bestBatch()) + ".");
  }
}
