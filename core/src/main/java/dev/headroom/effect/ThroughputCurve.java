package dev.headroom.effect;

import java.util.List;

/**
 * Time of a step against the batch: {@code overheadSeconds + secondsPerExample * batch}.
 *
 * @param overheadSeconds what a step costs however small it is
 * @param secondsPerExample what each example adds
 */
public record ThroughputCurve(double overheadSeconds, double secondsPerExample) {
  /**
   * What was seen at a batch.
   *
   * @param batch examples in a step
   * @param secondsPerStep time of a step
   */
  public record Point(double batch, double secondsPerStep) {}

  /** Fits the curve, relative errors weighing the same everywhere. */
  public static ThroughputCurve fit(List<Point> points) {
    Line line =
        Line.fit(
            points.stream().mapToDouble(Point::batch).toArray(),
            points.stream().mapToDouble(Point::secondsPerStep).toArray());
    return new ThroughputCurve(line.intercept(), line.slope());
  }

  /** Time of a step. */
  public double secondsPerStep(double batch) {
    return overheadSeconds + secondsPerExample * batch;
  }

  /** Examples per second. */
  public double examplesPerSecond(double batch) {
    return batch / secondsPerStep(batch);
  }

  /** The batch at which half of the highest throughput is reached. */
  public double halfBatch() {
    return secondsPerExample == 0 ? Double.POSITIVE_INFINITY : overheadSeconds / secondsPerExample;
  }
}
