package dev.headroom.effect;

import java.util.List;

/**
 * Steps to a target against the batch, {@code steps = fewestSteps + fewestExamples / batch}:
 * McCandlish et al. 2018, equation 2.11, {@code (S / Smin - 1)(E / Emin - 1) = 1} solved for S.
 *
 * @param fewestSteps steps that even a huge batch needs
 * @param fewestExamples examples that even a tiny batch needs
 */
public record StepsLaw(double fewestSteps, double fewestExamples) {
  /**
   * What was seen at a batch.
   *
   * @param batch examples in a step
   * @param steps steps to the target
   */
  public record Point(double batch, double steps) {}

  /**
   * Fits the law, relative errors weighing the same everywhere.
   *
   * @param points at two batches or more
   */
  public static StepsLaw fit(List<Point> points) {
    if (points.stream().mapToDouble(Point::batch).distinct().count() < 2) {
      throw new IllegalArgumentException("a law of steps needs two batches or more");
    }
    Line line =
        Line.fit(
            points.stream().mapToDouble(p -> 1 / p.batch()).toArray(),
            points.stream().mapToDouble(Point::steps).toArray());
    return new StepsLaw(line.intercept(), line.slope());
  }

  /**
   * The law from one run alone, whose noise scale was measured on the way: a step at batch B makes
   * {@code 1 / (1 + noise / B)} of the progress that a step without noise would make.
   *
   * @param batch the run's batch
   * @param steps its steps to the target
   * @param noise the scale over the run, in the order of steps; each holds until the next
   */
  public static StepsLaw fromNoise(double batch, long steps, List<NoiseScale.Estimate> noise) {
    List<NoiseScale.Estimate> known =
        noise.stream().filter(e -> !Double.isNaN(e.value()) && e.step() <= steps).toList();
    if (known.isEmpty()) {
      throw new IllegalArgumentException("the noise scale was never measured");
    }
    double progress = 0;
    double examples = 0;
    for (int i = 0; i < known.size(); i++) {
      // The first holds from the start, the last to the end; others from half-way to half-way.
      double from = i == 0 ? 0 : (known.get(i - 1).step() + known.get(i).step()) / 2.0;
      double to =
          i + 1 == known.size() ? steps : (known.get(i).step() + known.get(i + 1).step()) / 2.0;
      double made = Math.max(0, to - from) / (1 + known.get(i).value() / batch);
      progress += made;
      examples += made * known.get(i).value();
    }
    return new StepsLaw(progress, examples);
  }

  /** Steps to the target at a batch. */
  public double steps(double batch) {
    return fewestSteps + fewestExamples / batch;
  }

  /** The critical batch: twice the fewest steps, twice the fewest examples. */
  public double criticalBatch() {
    return fewestSteps == 0 ? Double.POSITIVE_INFINITY : fewestExamples / fewestSteps;
  }
}
