package dev.headroom.effect;

import java.util.Comparator;
import java.util.List;

/**
 * Time of a step against the batch: the line {@code overheadSeconds + secondsPerExample * batch},
 * corrected to go through what was measured. Time is often no straight line: tensors that outgrow a
 * cache or the allocator's threshold cost more per example. Between two measured batches the
 * correction, a factor, moves evenly with the batch's logarithm; outside them it stays.
 *
 * @param overheadSeconds what a step costs however small it is, by the line
 * @param secondsPerExample what each example adds, by the line
 * @param points what was measured, by rising batch; empty for the line alone
 */
public record ThroughputCurve(
    double overheadSeconds, double secondsPerExample, List<Point> points) {
  /**
   * What was seen at a batch.
   *
   * @param batch examples in a step
   * @param secondsPerStep time of a step
   */
  public record Point(double batch, double secondsPerStep) {}

  public ThroughputCurve {
    points = points.stream().sorted(Comparator.comparingDouble(Point::batch)).toList();
  }

  /** The line alone. */
  public ThroughputCurve(double overheadSeconds, double secondsPerExample) {
    this(overheadSeconds, secondsPerExample, List.of());
  }

  /** The curve through points; its line is fitted with relative errors weighing the same. */
  public static ThroughputCurve fit(List<Point> points) {
    Line line =
        Line.fit(
            points.stream().mapToDouble(Point::batch).toArray(),
            points.stream().mapToDouble(Point::secondsPerStep).toArray());
    return new ThroughputCurve(line.intercept(), line.slope(), points);
  }

  /** Time of a step. */
  public double secondsPerStep(double batch) {
    return line(batch) * correction(batch);
  }

  private double line(double batch) {
    return overheadSeconds + secondsPerExample * batch;
  }

  private double correction(double batch) {
    Point below = null;
    for (Point above : points) {
      if (batch <= above.batch()) {
        if (below == null) {
          return correction(above);
        }
        double part = Math.log(batch / below.batch()) / Math.log(above.batch() / below.batch());
        return correction(below) + part * (correction(above) - correction(below));
      }
      below = above;
    }
    return below == null ? 1 : correction(below);
  }

  private double correction(Point point) {
    return point.secondsPerStep() / line(point.batch());
  }

  /** By how much the line misses a point at worst, a fraction; 0 without points. */
  public double worstMiss() {
    return points.stream().mapToDouble(p -> Math.abs(1 / correction(p) - 1)).max().orElse(0);
  }

  /** Examples per second. */
  public double examplesPerSecond(double batch) {
    return batch / secondsPerStep(batch);
  }

  /** The batch at which half of the highest throughput is reached, by the line. */
  public double halfBatch() {
    return secondsPerExample == 0 ? Double.POSITIVE_INFINITY : overheadSeconds / secondsPerExample;
  }
}
