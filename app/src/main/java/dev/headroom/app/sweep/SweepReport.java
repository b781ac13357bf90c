package dev.headroom.app.sweep;

import dev.headroom.app.Table;
import dev.headroom.app.Terminal;
import dev.headroom.app.sweep.SweepResult.Clock;
import dev.headroom.app.sweep.SweepResult.PerBatch;
import dev.headroom.app.sweep.SweepResult.Stat;
import dev.headroom.effect.NoiseScale;
import dev.headroom.effect.SweepVerdict;
import dev.headroom.effect.TimeToTarget;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A sweep for people, verdict first, and for JSON. */
public final class SweepReport {
  private final SweepResult result;
  private final String recipe;
  private final @Nullable SweepVerdict verdict;

  /**
   * Judges a sweep.
   *
   * @param recipe what all runs had in common, in words
   */
  public SweepReport(SweepResult result, String recipe) {
    this.result = result;
    this.recipe = recipe;
    this.verdict = result.verdict();
  }

  /** Prints it, 80 columns wide at most. */
  public void print(Terminal terminal) {
    terminal.println(
        String.format(
            Locale.ROOT, "%s on %s · %s · %s", result.network(), result.data(), recipe, target()));
    terminal.println(first());
    terminal.println();
    learning().print(terminal);
    terminal.println();
    cost().print(terminal);
    terminal.println();
    why().forEach(terminal::println);
    SmallMultiples.of(result).forEach(terminal::println);
  }

  private String target() {
    return String.format(
        Locale.ROOT, "target %.4g %%, %d seed%s", 100 * result.target(), result.seeds(), plural());
  }

  private String plural() {
    return result.seeds() == 1 ? "" : "s";
  }

  private String first() {
    SweepVerdict v = verdict;
    if (v == null) {
      return "No run that fits reached the target. Lower --target, or raise --epochs or --lr.";
    }
    String sure =
        v.low() == v.high()
            ? result.seeds() == 1 ? "one seed: no spread known" : "the same on resampled seeds"
            : "90 % sure: " + v.low() + " to " + v.high();
    String words = String.format(Locale.ROOT, "Worth using: batch %d (%s).", v.batch(), sure);
    List<Long> arrived =
        result.batches().stream()
            .filter(b -> !b.arrived().isEmpty())
            .map(b -> (long) b.batch())
            .toList();
    if (arrived.size() > 1 && v.batch() == arrived.getFirst()) {
      words += " Small is simply better here.";
    } else if (arrived.size() > 1 && v.batch() == arrived.getLast()) {
      words += " The largest tried won: try larger.";
    }
    return words;
  }

  private Table learning() {
    Table table =
        Table.untitled()
            .numbers("batch")
            .numbers("lr")
            .numbers("arrived")
            .numbers("steps to target")
            .numbers("images")
            .numbers("loss noise")
            .numbers("gap");
    for (PerBatch b : result.batches()) {
      table.row(
          Integer.toString(b.batch()),
          String.format(Locale.ROOT, "%.3g", b.learningRate()),
          b.arrived().size() + "/" + b.runs().size(),
          spread(b, r -> r.steps(), "%,.0f"),
          b.arrived().isEmpty()
              ? "-"
              : String.format(Locale.ROOT, "%,.0f", Stat.of(b.arrived(), r -> r.images()).mean()),
          b.runs().isEmpty()
              ? "-"
              : String.format(Locale.ROOT, "%.3f", Stat.of(b.runs(), r -> r.lossNoise()).mean()),
          b.runs().isEmpty()
              ? "-"
              : String.format(
                  Locale.ROOT, "%+.1f %%", 100 * Stat.of(b.runs(), r -> r.gap()).mean()));
    }
    return table;
  }

  private Table cost() {
    Table table =
        Table.untitled()
            .numbers("batch")
            .numbers(result.clock() == Clock.PROCESSOR ? "cpu s to target" : "s to target")
            .numbers("by law")
            .numbers("images/s")
            .numbers("peak, predicted")
            .numbers("measured");
    TimeToTarget fit = verdict == null ? null : verdict.fit();
    for (PerBatch b : result.batches()) {
      table.row(
          (verdict != null && verdict.batch() == b.batch() ? "> " : "") + b.batch(),
          spread(b, result::seconds, "%.2f"),
          fit == null ? "-" : String.format(Locale.ROOT, "%.2f", fit.seconds(b.batch())),
          b.runs().isEmpty()
              ? "-"
              : String.format(
                  Locale.ROOT, "%,.0f", Stat.of(b.runs(), RunRecord::imagesPerSecond).mean()),
          Bytes.exact(b.peakBytes()),
          b.runs().isEmpty() ? "-" : Bytes.exact(b.runs().getFirst().measuredPeakBytes()));
    }
    return table;
  }

  private static String spread(PerBatch b, ToDoubleFunction<RunRecord> figure, String pattern) {
    if (b.arrived().isEmpty()) {
      return "-";
    }
    Stat stat = Stat.of(b.arrived(), figure);
    return String.format(Locale.ROOT, pattern, stat.mean())
        + (stat.n() == 1 ? "" : " ± " + String.format(Locale.ROOT, pattern, stat.sd()));
  }

  private List<String> why() {
    List<String> lines = new ArrayList<>();
    SweepVerdict v = verdict;
    if (v != null) {
      TimeToTarget fit = v.fit();
      if (fit != null) {
        lines.add(
            String.format(
                Locale.ROOT,
                "Steps by the law: %,.0f + %,.0f / batch; critical batch %s.",
                fit.steps().fewestSteps(),
                fit.steps().fewestExamples(),
                FitLines.images(fit.steps().criticalBatch())));
        lines.addAll(FitLines.of(fit));
      }
      lines.add(
          "No other batch has both less time and fewer images than: "
              + v.pareto().stream().map(String::valueOf).collect(Collectors.joining(", "))
              + ".");
    }
    List<NoiseScale.Estimate> noise = result.noise();
    if (!noise.isEmpty()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Gradient noise scale: %s, %s.",
              FitLines.noise(noise.getFirst()),
              FitLines.noise(noise.getLast())));
    }
    if (!result.doNotFit().isEmpty()) {
      lines.add("Left out, since they do not fit into memory: " + result.doNotFit() + ".");
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "Largest batch to use on this budget (80 %% of what fits): %,d.",
            result.largest()));
    if (result.clock() == Clock.PROCESSOR) {
      lines.add("Times to target are processor time of the one training thread.");
    }
    return lines;
  }

  /** The fields that {@code sweep --json} promises, and more. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("network", result.network());
    out.put("data", result.data());
    out.put("target", result.target());
    out.put("clock", result.clock().name().toLowerCase(Locale.ROOT));
    out.put("batches", result.batches().stream().map(this::json).toList());
    out.put("noiseScale", noise(result.noise()));
    SweepVerdict v = verdict;
    if (v != null) {
      Map<String, Object> worth = new LinkedHashMap<>();
      worth.put("batch", v.batch());
      worth.put("low", v.low());
      worth.put("high", v.high());
      out.put("worthUsing", worth);
      out.put("paretoFront", v.pareto());
      TimeToTarget fit = v.fit();
      if (fit != null) {
        out.put("law", law(fit));
      }
    }
    out.put("largestRecommended", result.largest());
    out.put("doNotFit", result.doNotFit());
    return out;
  }

  /** Law and curve for JSON; what is infinite is absent. */
  public static Map<String, Object> law(TimeToTarget fit) {
    Map<String, Object> law = new LinkedHashMap<>();
    law.put("fewestSteps", fit.steps().fewestSteps());
    law.put("fewestImages", fit.steps().fewestExamples());
    putFinite(law, "criticalBatch", fit.steps().criticalBatch());
    law.put("overheadSeconds", fit.throughput().overheadSeconds());
    law.put("secondsPerImage", fit.throughput().secondsPerExample());
    putFinite(law, "halfThroughputBatch", fit.throughput().halfBatch());
    putFinite(law, "bestBatch", fit.bestBatch());
    return law;
  }

  /** Estimates as {@code noiseScale} lists them; what is not known is absent. */
  public static List<Map<String, Object>> noise(List<NoiseScale.Estimate> history) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (NoiseScale.Estimate e : history) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("step", e.step());
      putFinite(row, "value", e.value());
      putFinite(row, "low", e.low());
      putFinite(row, "high", e.high());
      out.add(row);
    }
    return out;
  }

  private static void putFinite(Map<String, Object> map, String name, double value) {
    if (Double.isFinite(value)) {
      map.put(name, value);
    }
  }

  private Map<String, Object> json(PerBatch b) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("batch", b.batch());
    row.put("learningRate", b.learningRate());
    List<RunRecord> arrived = b.arrived();
    row.put("runs", b.runs().size());
    row.put("arrived", arrived.size());
    if (!arrived.isEmpty()) {
      row.put("stepsToTarget", Stat.of(arrived, RunRecord::steps));
      row.put("imagesToTarget", Stat.of(arrived, RunRecord::images));
      row.put("secondsToTarget", Stat.of(arrived, RunRecord::seconds));
      row.put("cpuSecondsToTarget", Stat.of(arrived, RunRecord::cpuSeconds));
      TimeToTarget fit = verdict == null ? null : verdict.fit();
      if (fit != null) {
        row.put("secondsByLaw", fit.seconds(b.batch()));
      }
    }
    if (!b.runs().isEmpty()) {
      row.put("imagesPerSecond", Stat.of(b.runs(), RunRecord::imagesPerSecond).mean());
      putFinite(row, "finalAccuracy", Stat.of(b.runs(), RunRecord::accuracy).mean());
      putFinite(row, "lossNoise", Stat.of(b.runs(), RunRecord::lossNoise).mean());
      putFinite(row, "generalisationGap", Stat.of(b.runs(), RunRecord::gap).mean());
      row.put("measuredPeakLiveBytes", b.runs().getFirst().measuredPeakBytes());
    }
    row.put("peakLiveBytes", b.peakBytes());
    return row;
  }
}
