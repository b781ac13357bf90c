package dev.headroom.app.sweep;

import dev.headroom.app.InputException;
import dev.headroom.app.sweep.RunRecord.Look;
import dev.headroom.app.sweep.SweepResult.PerBatch;
import dev.headroom.app.sweep.SweepResult.Stat;
import dev.headroom.effect.NoiseScale;
import dev.headroom.effect.SweepVerdict;
import dev.headroom.effect.TimeToTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;

/** A sweep as pictures: each as PNG and SVG, told apart by dashes and marks, not by colour. */
public final class Charts {
  private final SweepResult result;
  private final long budgetBytes;

  /**
   * Prepares pictures.
   *
   * @param budgetBytes memory that training may use
   */
  public Charts(SweepResult result, long budgetBytes) {
    this.result = result;
    this.budgetBytes = budgetBytes;
  }

  /**
   * Writes all pictures that the sweep has figures for.
   *
   * @return what was written
   * @throws InputException if the folder cannot be written
   */
  public List<Path> write(Path folder) {
    List<Path> written = new ArrayList<>();
    try {
      Files.createDirectories(folder);
      add(written, folder, "loss-by-steps", loss("optimizer steps", true, look -> look.step()));
      add(written, folder, "loss-by-time", loss(time(), false, Look::seconds));
      if (!result.noise().isEmpty()) {
        add(written, folder, "noise-scale", noise(result.noise()));
      }
      add(written, folder, "throughput", throughput());
      add(written, folder, "memory", memory());
      if (result.verdict() != null) {
        add(written, folder, "time-to-target", timeToTarget(result.verdict()));
      }
      return written;
    } catch (IOException e) {
      throw new InputException(
          folder + " cannot be written: " + e.getMessage(), "Name another with --pictures.", e);
    }
  }

  private static void add(List<Path> written, Path folder, String name, XYChart chart)
      throws IOException {
    if (chart.getSeriesCollection().isEmpty()) {
      return;
    }
    Path png = folder.resolve(name + ".png");
    Path svg = folder.resolve(name + ".svg");
    try (var out = Files.newOutputStream(png)) {
      ChartEncoder.saveChart(chart, out, "png");
    }
    try (var out = Files.newOutputStream(svg)) {
      ChartEncoder.saveChart(chart, out, "svg");
    }
    written.add(png);
    written.add(svg);
  }

  private String time() {
    return result.clock() == SweepResult.Clock.PROCESSOR ? "processor time (s)" : "time (s)";
  }

  private String title(String what) {
    return what + " · " + result.network() + " on " + result.data();
  }

  private XYChart loss(String axis, boolean log, ToDoubleFunction<Look> position) {
    XYChart chart =
        ChartStyle.chart(title("Training loss, first seed"), axis, "cross entropy per image", log);
    Map<Integer, LossCurve> curves = new LinkedHashMap<>();
    for (PerBatch b : result.batches()) {
      if (!b.runs().isEmpty() && b.runs().getFirst().looks().size() > 1) {
        curves.put(b.batch(), LossCurve.of(b.runs().getFirst().looks(), position, log));
      }
    }
    DoubleUnaryOperator place =
        ChartStyle.upright(
            chart, curves.values().stream().flatMapToDouble(c -> Arrays.stream(c.loss())));
    int line = 0;
    for (Map.Entry<Integer, LossCurve> curve : curves.entrySet()) {
      ChartStyle.marked(
          chart.addSeries(
              "batch " + curve.getKey(),
              curve.getValue().position(),
              Arrays.stream(curve.getValue().loss()).map(place).toArray()),
          line++);
    }
    return chart;
  }

  private XYChart noise(List<NoiseScale.Estimate> noise) {
    XYChart chart =
        ChartStyle.chart(title("Gradient noise scale"), "optimizer steps", "images", false);
    List<NoiseScale.Estimate> known = noise.stream().filter(e -> !Double.isNaN(e.value())).toList();
    if (!known.isEmpty()) {
      DoubleUnaryOperator place =
          ChartStyle.upright(chart, known.stream().flatMapToDouble(Charts::around));
      add(chart, known, "tr(Σ) / |G|²", e -> e.value(), place, 0);
      add(chart, known, "90 %: not below", e -> e.low(), place, 1);
      add(chart, known, "90 %: not above (a gap: no bound)", e -> e.high(), place, 2);
    }
    return chart;
  }

  /** Room enough around a single estimate for a doubling to lie within. */
  private static DoubleStream around(NoiseScale.Estimate estimate) {
    return DoubleStream.of(estimate.value() / 1.5, estimate.value() * 1.5, estimate.high());
  }

  /** A line that is interrupted where a figure is unknown or infinite. */
  private static void add(
      XYChart chart,
      List<NoiseScale.Estimate> noise,
      String name,
      ToDoubleFunction<NoiseScale.Estimate> figure,
      DoubleUnaryOperator place,
      int line) {
    double[] values =
        noise.stream()
            .mapToDouble(figure)
            .map(v -> Double.isFinite(v) && v > 0 ? place.applyAsDouble(v) : Double.NaN)
            .toArray();
    if (Arrays.stream(values).anyMatch(Double::isFinite)) {
      ChartStyle.marked(
          chart.addSeries(name, noise.stream().mapToDouble(e -> e.step()).toArray(), values), line);
    }
  }

  private XYChart throughput() {
    XYChart chart = ChartStyle.overBatches(title("Throughput"), "images/s");
    List<PerBatch> ran = result.batches().stream().filter(b -> !b.runs().isEmpty()).toList();
    if (!ran.isEmpty()) {
      ChartStyle.points(
          chart.addSeries(
              "measured",
              batches(ran),
              ran.stream()
                  .mapToDouble(b -> Stat.of(b.runs(), r -> r.images() / result.seconds(r)).mean())
                  .toArray()));
      SweepVerdict verdict = result.verdict();
      if (verdict != null && verdict.fit() != null) {
        TimeToTarget fit = verdict.fit();
        double[] x = ChartStyle.between(ran.getFirst().batch(), ran.getLast().batch());
        ChartStyle.line(
            chart.addSeries(
                "curve through them",
                Arrays.stream(x).map(ChartStyle::place).toArray(),
                Arrays.stream(x).map(fit.throughput()::examplesPerSecond).toArray()),
            0);
      }
    }
    return chart;
  }

  private XYChart memory() {
    XYChart chart = ChartStyle.overBatches(title("Memory"), "live peak (MiB)");
    List<PerBatch> all = result.batches();
    if (!all.isEmpty()) {
      double limit = mib(budgetBytes);
      DoubleUnaryOperator place =
          ChartStyle.upright(
              chart,
              DoubleStream.concat(
                  DoubleStream.of(limit), all.stream().mapToDouble(b -> mib(b.peakBytes()))));
      ChartStyle.line(
          chart.addSeries(
              "predicted",
              batches(all),
              all.stream().mapToDouble(b -> mib(b.peakBytes())).map(place).toArray()),
          0);
      List<PerBatch> ran = all.stream().filter(b -> !b.runs().isEmpty()).toList();
      if (!ran.isEmpty()) {
        ChartStyle.points(
            chart.addSeries(
                "measured",
                batches(ran),
                ran.stream()
                    .mapToDouble(b -> mib(b.runs().getFirst().measuredPeakBytes()))
                    .map(place)
                    .toArray()));
      }
      double[] ends = {
        ChartStyle.place(all.getFirst().batch()), ChartStyle.place(all.getLast().batch())
      };
      if (ends[0] < ends[1]) {
        ChartStyle.line(
            chart.addSeries(
                String.format(Locale.ROOT, "memory to use, %,.0f MiB", limit),
                ends,
                new double[] {place.applyAsDouble(limit), place.applyAsDouble(limit)}),
            1);
      }
    }
    return chart;
  }

  private static double mib(long bytes) {
    return bytes / (1024.0 * 1024);
  }

  private XYChart timeToTarget(SweepVerdict verdict) {
    XYChart chart =
        ChartStyle.overBatches(
            title(String.format(Locale.ROOT, "Time to %.4g %%", 100 * result.target())), time());
    List<PerBatch> arrived = result.batches().stream().filter(b -> !b.arrived().isEmpty()).toList();
    List<Stat> stats = arrived.stream().map(b -> Stat.of(b.arrived(), result::seconds)).toList();
    ChartStyle.points(
        chart.addSeries(
            "measured, ± deviation over seeds",
            batches(arrived),
            stats.stream().mapToDouble(Stat::mean).toArray(),
            stats.stream().mapToDouble(Stat::sd).toArray()));
    TimeToTarget fit = verdict.fit();
    if (fit != null) {
      double[] x = ChartStyle.between(arrived.getFirst().batch(), arrived.getLast().batch());
      ChartStyle.line(
          chart.addSeries(
              "law of steps x time of a step",
              Arrays.stream(x).map(ChartStyle::place).toArray(),
              Arrays.stream(x).map(fit::seconds).toArray()),
          0);
    }
    double[] spread = stats.stream().mapToDouble(Stat::mean).sorted().toArray();
    double at = ChartStyle.place((double) verdict.batch());
    ChartStyle.line(
        chart.addSeries(
            "worth using: " + verdict.batch(),
            new double[] {at, at},
            new double[] {spread[0], spread[spread.length - 1]}),
        1);
    return chart;
  }

  private static double[] batches(List<PerBatch> of) {
    return of.stream().mapToDouble(b -> ChartStyle.place(b.batch())).toArray();
  }
}
