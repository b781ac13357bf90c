package dev.headroom.app.sweep;

import dev.headroom.app.sweep.RunRecord.End;
import dev.headroom.effect.ThroughputCurve;
import dev.headroom.effect.TimeToTarget;
import dev.headroom.plan.LargestBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An advice for people, verdict first, and for JSON. */
public final class AdviceReport {
  private final Advice advice;
  private final String network;
  private final String data;
  private final double target;
  private final LargestBatch largest;

  /** Prepares the report. */
  public AdviceReport(
      Advice advice, String network, String data, double target, LargestBatch largest) {
    this.advice = advice;
    this.network = network;
    this.data = data;
    this.target = target;
    this.largest = largest;
  }

  private boolean arrived() {
    return advice.trial().end() == End.ARRIVED;
  }

  /** The advice as text, at most 80 columns wide. */
  public List<String> text() {
    RunRecord trial = advice.trial();
    TimeToTarget fit = advice.fit();
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT, "%s on %s · target %.4g %% · from a trial", network, data, 100 * target));
    if (fit == null) {
      lines.add("No advice: the trial was too short to measure the gradient noise scale.");
      lines.add("Give it more time with --seconds.");
      return lines;
    }
    lines.add(
        advice.low() == advice.high()
            ? String.format(Locale.ROOT, "Worth using: batch %d.", advice.batch())
            : String.format(
                Locale.ROOT,
                "Worth using: batch %d (%d to %d).",
                advice.batch(),
                advice.low(),
                advice.high()));
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "The trial: batch %d, %,d steps, %.1f %% reached%s.",
            advice.trialBatch(),
            trial.steps(),
            100 * trial.accuracy(),
            arrived() ? ", the target" : ""));
    if (!arrived()) {
      lines.add("It ended before the target. The noise scale grows on the way there, so a batch");
      lines.add("larger than this may be worth using in the end.");
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "Noise scale: %s, %s; over the way %s.",
            FitLines.noise(trial.noise().getFirst()),
            FitLines.noise(trial.noise().getLast()),
            FitLines.images(fit.steps().criticalBatch())));
    lines.addAll(FitLines.of(fit));
    lines.add(
        String.format(
            Locale.ROOT,
            "Largest batch to use on this budget (80 %% of what fits): %,d.",
            largest.recommended()));
    if (arrived()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Expected at batch %d: %,.0f steps, %.2f s.",
              advice.batch(),
              fit.steps().steps((double) advice.batch()),
              fit.seconds((double) advice.batch())));
    }
    return lines;
  }

  /** The fields that {@code advise --json} promises, and more. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("network", network);
    out.put("data", data);
    out.put("target", target);
    TimeToTarget fit = advice.fit();
    if (fit != null) {
      Map<String, Object> worth = new LinkedHashMap<>();
      worth.put("batch", advice.batch());
      worth.put("low", advice.low());
      worth.put("high", advice.high());
      out.put("worthUsing", worth);
      out.put("law", SweepReport.law(fit));
      if (arrived()) {
        out.put("expectedSteps", fit.steps().steps((double) advice.batch()));
        out.put("expectedSeconds", fit.seconds((double) advice.batch()));
      }
    }
    out.put("noiseScale", SweepReport.noise(advice.trial().noise()));
    List<Map<String, Object>> points = new ArrayList<>();
    for (ThroughputCurve.Point point : advice.points()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("batch", (long) point.batch());
      row.put("imagesPerSecond", point.batch() / point.secondsPerStep());
      points.add(row);
    }
    out.put("throughput", points);
    Map<String, Object> trial = new LinkedHashMap<>();
    trial.put("batch", advice.trialBatch());
    trial.put("steps", advice.trial().steps());
    trial.put("seconds", advice.trial().seconds());
    trial.put("accuracy", advice.trial().accuracy());
    trial.put("arrived", arrived());
    out.put("trial", trial);
    out.put("largestRecommended", largest.recommended());
    return out;
  }
}
