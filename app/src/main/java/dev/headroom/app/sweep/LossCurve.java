package dev.headroom.app.sweep;

import dev.headroom.app.sweep.RunRecord.Look;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A run's training loss in few enough points that each can bear a mark: the means of what lies
 * between places at even distances.
 *
 * @param position steps or seconds, the mean of those that a point stands for
 * @param loss their mean loss
 */
record LossCurve(double[] position, double[] loss) {
  private static final int POINTS = 18;

  /**
   * Of at least one look.
   *
   * @param logarithmic whether distances are even on a logarithmic axis
   */
  static LossCurve of(List<Look> looks, ToDoubleFunction<Look> position, boolean logarithmic) {
    double from = place(position.applyAsDouble(looks.getFirst()), logarithmic);
    double to = place(position.applyAsDouble(looks.getLast()), logarithmic);
    List<double[]> points = new ArrayList<>();
    int last = -1;
    for (Look look : looks) {
      double at = position.applyAsDouble(look);
      int bin =
          to == from
              ? 0
              : (int) Math.rint((POINTS - 1) * (place(at, logarithmic) - from) / (to - from));
      if (bin != last) {
        points.add(new double[3]);
        last = bin;
      }
      double[] sum = points.getLast();
      sum[0] += at;
      sum[1] += look.trainLoss();
      sum[2]++;
    }
    return new LossCurve(
        points.stream().mapToDouble(p -> p[0] / p[2]).toArray(),
        points.stream().mapToDouble(p -> p[1] / p[2]).toArray());
  }

  private static double place(double position, boolean logarithmic) {
    return logarithmic ? Math.log(position) : position;
  }
}
