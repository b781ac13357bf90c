package dev.headroom.app.cli;

import dev.headroom.app.sweep.SweepReport;
import dev.headroom.app.train.NoiseObserver;
import dev.headroom.effect.NoiseScale;
import dev.headroom.plan.Plan;
import dev.headroom.plan.ProbePlan;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The gradient noise scale over a run, for people and for JSON. */
final class NoiseReport {
  private static final int ROWS = 8;

  private final NoiseObserver observer;
  private final Plan plan;
  private final ProbePlan probes;
  private final boolean layers;

  NoiseReport(NoiseObserver observer, Plan plan, ProbePlan probes, boolean layers) {
    this.observer = observer;
    this.plan = plan;
    this.probes = probes;
    this.layers = layers;
  }

  List<String> text(double trainSeconds) {
    List<String> lines = new ArrayList<>(List.of(""));
    List<NoiseScale.Estimate> history = observer.whole().history();
    if (history.isEmpty()) {
      lines.add("Gradient noise scale: the run was too short for a probe.");
      return lines;
    }
    lines.add("Gradient noise scale, in images: " + range(history.getLast()));
    lines.add("up to about this batch a larger one saves steps, far beyond it hardly any.");
    lines.add(String.format(Locale.ROOT, "%10s  %8s  %s", "step", "scale", "90 % interval"));
    int stride = Math.max(1, (history.size() + ROWS - 1) / ROWS);
    for (int i = (history.size() - 1) % stride; i < history.size(); i += stride) {
      lines.add(row(String.format(Locale.ROOT, "%,10d", history.get(i).step()), history.get(i)));
    }
    if (layers) {
      lines.add("by layer, at the end:");
      observer
          .modules()
          .forEach(
              (module, scale) ->
                  lines.add(
                      row(
                          String.format("%10s", module.isEmpty() ? "(network)" : module),
                          scale.estimate())));
    }
    long extra = Math.max(0, probes.peak().liveBytes() - plan.peak().liveBytes());
    lines.add(
        String.format(
            Locale.ROOT,
            "%d probes took %.1f %% of the time and add %s to the peak (%s).",
            history.size(),
            100 * observer.seconds() / trainSeconds,
            Bytes.exact(extra),
            Bytes.exact(probes.peak().liveBytes())));
    return lines;
  }

  private static String row(String name, NoiseScale.Estimate e) {
    return String.format(Locale.ROOT, "%s  %8s  %s", name, number(e.value()), interval(e));
  }

  private static String range(NoiseScale.Estimate e) {
    return number(e.value()) + (Double.isNaN(e.low()) ? "" : " (" + interval(e) + ")");
  }

  private static String interval(NoiseScale.Estimate e) {
    if (Double.isNaN(e.low())) {
      return "too few probes";
    }
    return Double.isInfinite(e.high())
        ? "at least " + number(e.low()) + ": |G|^2 is lost in noise"
        : number(e.low()) + " to " + number(e.high());
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "?" : String.format(Locale.ROOT, "%,.0f", value);
  }

  Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("noiseScale", SweepReport.noise(observer.whole().history()));
    if (layers) {
      Map<String, Object> byModule = new LinkedHashMap<>();
      observer.modules().forEach((m, scale) -> byModule.put(m, SweepReport.noise(scale.history())));
      out.put("noiseScaleByModule", byModule);
    }
    Map<String, Object> cost = new LinkedHashMap<>();
    cost.put("probes", observer.whole().probes().size());
    cost.put("seconds", observer.seconds());
    cost.put("peakLiveBytes", probes.peak().liveBytes());
    out.put("noiseProbes", cost);
    return out;
  }
}
