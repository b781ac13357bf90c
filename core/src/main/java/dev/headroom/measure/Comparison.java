package dev.headroom.measure;

import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import java.util.ArrayList;
import java.util.List;

/**
 * Predicted beside measured, figure by figure, in bytes. The measured side comes from a ledger that
 * a recorder wrote while real tensors were allocated; it knows nothing of the prediction.
 *
 * @param rows one per figure
 */
public record Comparison(List<Row> rows) {
  /** Categories that both sides count, in the order of the lesson. */
  public static final List<Category> CATEGORIES =
      List.of(
          Category.PARAMETER,
          Category.BUFFER,
          Category.GRADIENT,
          Category.OPTIMIZER_STATE,
          Category.INPUT,
          Category.ACTIVATION);

  /**
   * One figure.
   *
   * @param name what it is
   * @param predictedBytes from the ledger on paper
   * @param measuredBytes from libtorch's own reports
   */
  public record Row(String name, long predictedBytes, long measuredBytes) {
    /** Measured minus predicted. */
    public long differenceBytes() {
      return measuredBytes - predictedBytes;
    }
  }

  public Comparison {
    rows = List.copyOf(rows);
  }

  /** Compares the categories, the peaks of iteration 1 and 2, and how many events there were. */
  public static Comparison of(Ledger predicted, Ledger measured) {
    Timeline paper = new Timeline(predicted);
    Timeline real = new Timeline(measured);
    List<Row> rows = new ArrayList<>();
    for (Category category : CATEGORIES) {
      rows.add(new Row(category.name(), paper.bytes(category), real.bytes(category)));
    }
    int iterations = Math.min(predicted.iterations(), measured.iterations());
    for (int i = 1; i <= Math.min(2, iterations); i++) {
      rows.add(
          new Row("peak of iteration " + i, paper.peak(i).liveBytes(), real.peak(i).liveBytes()));
    }
    return new Comparison(rows);
  }

  /** Whether every figure agrees to the byte. */
  public boolean exact() {
    return rows.stream().allMatch(r -> r.differenceBytes() == 0);
  }
}
