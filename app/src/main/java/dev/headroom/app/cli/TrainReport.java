package dev.headroom.app.cli;

import dev.headroom.app.train.TrainingResult;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Peak;
import dev.headroom.ledger.Timeline;
import dev.headroom.measure.Comparison;
import dev.headroom.report.ComparisonReport;
import dev.headroom.report.PlanReport;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What training found out, beside what was predicted. */
final class TrainReport {
  private TrainReport() {}

  /** For people. */
  static List<String> text(
      Setup setup, String data, int batch, TrainingResult result, Comparison comparison) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s on %s · batch %d · %s (%s)%s · %s",
            setup.graph.name(),
            data,
            batch,
            setup.recipe.optimizer().label(),
            setup.recipe.form().label(),
            setup.recipe.unusual(),
            epochs(result)));
    lines.add(score(result));
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d steps in %.2f s: %,.0f images/s.",
            result.steps(),
            result.trainSeconds(),
            result.imagesPerSecond()));
    lines.add("");
    lines.addAll(new ComparisonReport(comparison).text());
    return lines;
  }

  private static String score(TrainingResult result) {
    return Double.isNaN(result.testAccuracy())
        ? String.format(Locale.ROOT, "Training loss %.4f; not tested.", result.trainLoss())
        : String.format(
            Locale.ROOT,
            "Test accuracy %.2f %%, loss %.4f (training loss %.4f).",
            100 * result.testAccuracy(),
            result.testLoss(),
            result.trainLoss());
  }

  private static String epochs(TrainingResult result) {
    String done = result.epochs() + (result.epochs() == 1 ? " epoch" : " epochs");
    return result.interrupted() ? "interrupted after " + done : done;
  }

  /** For programs: the plan, with what came out beside it. */
  static Map<String, Object> json(PlanReport report, TrainingResult result) {
    Map<String, Object> out = report.json();
    out.put("epochs", result.epochs());
    out.put("steps", result.steps());
    out.put("seconds", result.trainSeconds());
    out.put("imagesPerSecond", result.imagesPerSecond());
    out.put("trainLoss", result.trainLoss());
    if (!Double.isNaN(result.testAccuracy())) {
      Map<String, Object> test = new LinkedHashMap<>();
      test.put("accuracy", result.testAccuracy());
      test.put("loss", result.testLoss());
      out.put("test", test);
    }
    out.put("measured", measured(result.measured()));
    return out;
  }

  /** A measured ledger in the units of the plan. */
  static Map<String, Object> measured(Ledger ledger) {
    Timeline measured = new Timeline(ledger);
    List<Peak> peaks = new ArrayList<>();
    for (int i = 1; i <= Math.min(2, ledger.iterations()); i++) {
      peaks.add(measured.peak(i));
    }
    EnumMap<Category, Long> bytes = new EnumMap<>(Category.class);
    for (Category category : Category.values()) {
      bytes.put(category, measured.bytes(category));
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("iterations", PlanReport.iterations(peaks));
    out.put("byCategory", PlanReport.bytes(bytes));
    return out;
  }
}
