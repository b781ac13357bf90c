package dev.headroom.app.accuracy;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.allocator.Snapshot;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.device.Device;
import dev.headroom.importers.device.DeviceCatalogue;
import dev.headroom.loop.LoopDescription;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.GpuRun;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** 3,000 trainings of MLPs on an A100, to the MiB, with one constant for all of them. */
public final class RunsSection implements Section {
  private static final long MIB = 1L << 20;
  private static final long SAMPLES = 4096;
  private static final int WORST = 12;

  /** The device whose context size is this section's fit. */
  public static final String DEVICE = "a100-gpumemnet";

  /**
   * A row and what was predicted for it, without the constant.
   *
   * @param run the row
   * @param reservedMiB segments at most
   * @param end segments at the end
   * @param plainMiB the plain formula
   */
  public record Row(MeasuredRun run, long reservedMiB, Snapshot end, long plainMiB) {}

  /**
   * A prediction with its constant.
   *
   * @param constantMiB the median of measured less predicted
   * @param errorsMiB predicted less measured, one per row, in the order of the rows
   */
  public record Fit(long constantMiB, long[] errorsMiB) {
    static Fit of(long[] measured, long[] predicted) {
      long[] differences = new long[measured.length];
      for (int i = 0; i < measured.length; i++) {
        differences[i] = measured[i] - predicted[i];
      }
      long[] sorted = differences.clone();
      java.util.Arrays.sort(sorted);
      long median = sorted[sorted.length / 2];
      long[] errors = new long[measured.length];
      for (int i = 0; i < measured.length; i++) {
        errors[i] = median - differences[i];
      }
      return new Fit(median, errors);
    }

    /** Share of rows whose error is at most this. */
    public double share(long atMostMiB) {
      int n = 0;
      for (long error : errorsMiB) {
        n += Math.abs(error) <= atMostMiB ? 1 : 0;
      }
      return (double) n / errorsMiB.length;
    }

    long percentile(double p) {
      long[] sorted = java.util.Arrays.stream(errorsMiB).map(Math::abs).sorted().toArray();
      return sorted[(int) Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)];
    }
  }

  private @Nullable List<Row> predicted;

  @Override
  public String name() {
    return "runs";
  }

  /** Predicts every row. */
  public static List<Row> predict(List<MeasuredRun> runs, Progress progress) {
    Device device = DeviceCatalogue.find(DEVICE);
    if (device == null) {
      throw new IllegalStateException(DEVICE + " is not in the catalogue");
    }
    Recipe recipe = Recipe.of(Optimizer.ADAM).with(Optimizer.Form.FOREACH);
    List<Row> rows = new ArrayList<>();
    for (MeasuredRun run : runs) {
      GpuQuestion question =
          new GpuQuestion(
              run.graph(),
              recipe,
              LoopDescription.GPUMEMNET_MLP,
              device,
              AllocatorSettings.DEFAULT,
              SAMPLES,
              0,
              null);
      GpuRun gpu = GpuRun.of(question, run.batch(), Long.MAX_VALUE);
      rows.add(
          new Row(
              run,
              gpu.peakReservedBytes() / MIB,
              gpu.end(),
              Math.round(run.plainBytes() / (double) MIB)));
      progress.advance(1);
    }
    return rows;
  }

  /** Fits the constant on the rows that trained. */
  public static Fit fit(List<Row> rows) {
    return Fit.of(
        rows.stream().mapToLong(r -> r.run().measuredMiB()).toArray(),
        rows.stream().mapToLong(Row::reservedMiB).toArray());
  }

  /** Every row with its prediction, found out once for all sections of a page. */
  List<Row> rows(Path shared, Terminal terminal) throws IOException {
    List<Row> known = predicted;
    if (known == null) {
      List<MeasuredRun> runs =
          MeasuredRun.read(shared.resolve("ground-truth/gpumemnet-mlp-a100.csv"));
      try (Progress progress = terminal.progress("runs", runs.size(), "runs")) {
        known = predict(runs, progress);
      }
      predicted = known;
    }
    return known;
  }

  /** Those that trained: the others end in their first loss. */
  static List<Row> trained(List<Row> all) {
    return all.stream().filter(r -> !r.run().hasOneOutput()).toList();
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    List<Row> all = rows(shared, terminal);
    List<Row> rows = trained(all);
    List<Row> ended = all.stream().filter(r -> r.run().hasOneOutput()).toList();
    Fit fit = fit(rows);
    Fit plain =
        Fit.of(
            rows.stream().mapToLong(r -> r.run().measuredMiB()).toArray(),
            rows.stream().mapToLong(Row::plainMiB).toArray());
    List<String> lines = new ArrayList<>();
    lines.add("## 3,000 real trainings on an A100, to the MiB");
    lines.add("");
    lines.add("Measured by other people (itu-rad/GPUMemNet): MLPs with Adam, nvidia-smi's largest");
    lines.add("reading. Predicted: the program step by step (`--loop gpumemnet-mlp`), the caching");
    lines.add(
        String.format(
            Locale.ROOT,
            "allocator, and one constant for all rows, the median: %,d MiB. Nothing is fitted per row.",
            fit.constantMiB()));
    lines.add("");
    lines.add("| " + rows.size() + " runs that trained | Headroom | plain formula |");
    lines.add("|---|---:|---:|");
    lines.add(percent("exact to the MiB", fit.share(0), plain.share(0)));
    lines.add(percent("within 2 MiB", fit.share(2), plain.share(2)));
    lines.add(percent("within 10 MiB", fit.share(10), plain.share(10)));
    for (double p : new double[] {0.5, 0.9, 0.99, 0.999, 1}) {
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s of the absolute error | %,d MiB | %,d MiB |",
              p == 1 ? "largest" : String.format(Locale.ROOT, "%.1f %% quantile", 100 * p),
              fit.percentile(p),
              plain.percentile(p)));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "| constant (median) | %,d MiB | %,d MiB |",
            fit.constantMiB(),
            plain.constantMiB()));
    lines.add("");
    lines.add(
        "The plain formula: 20 B per parameter, 4 B x batch x (inputs + all layers' outputs).");
    lines.add("");
    lines.addAll(worst(rows, fit));
    lines.add("");
    lines.addAll(endedInLoss(ended, fit.constantMiB()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rows", rows.size());
    json.put("constantMiB", fit.constantMiB());
    json.put("exact", fit.share(0));
    json.put("within2MiB", fit.share(2));
    json.put("plainExact", plain.share(0));
    json.put("plainConstantMiB", plain.constantMiB());
    json.put("endedInLoss", ended.size());
    return new Result(lines, json);
  }

  private static String percent(String what, double ours, double plain) {
    return String.format(Locale.ROOT, "| %s | %.2f %% | %.2f %% |", what, 100 * ours, 100 * plain);
  }

  private static List<String> worst(List<Row> rows, Fit fit) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (fit.errorsMiB()[i] != 0) {
        order.add(i);
      }
    }
    order.sort(Comparator.comparingLong((Integer i) -> Math.abs(fit.errorsMiB()[i])).reversed());
    List<String> lines = new ArrayList<>();
    lines.add("### The worst rows");
    lines.add("");
    lines.add("| row | batch | measured | predicted | error | what it amounts to |");
    lines.add("|---:|---:|---:|---:|---:|---|");
    for (int i : order.subList(0, Math.min(WORST, order.size()))) {
      Row row = rows.get(i);
      long error = fit.errorsMiB()[i];
      lines.add(
          String.format(
              Locale.ROOT,
              "| %d | %,d | %,d MiB | %,d MiB | %+d MiB | %s |",
              row.run().row(),
              row.run().batch(),
              row.run().measuredMiB(),
              row.run().measuredMiB() + error,
              error,
              cause(row, error)));
    }
    long twos = order.stream().filter(i -> Math.abs(fit.errorsMiB()[i]) == 2).count();
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%d of the %d rows that are not exact differ by 2 MiB: one segment of the small pool"
                + " more or less.",
            twos,
            order.size()));
    return lines;
  }

  /** An error as large as whole segments comes from a block that found a place, or did not. */
  private static String cause(Row row, long error) {
    long bytes = Math.abs(error) * MIB;
    String who = error > 0 ? "one segment that the real run did without" : "one segment less";
    if (bytes == 2 * MIB) {
      return who + " (small pool)";
    }
    boolean same = row.end().segments().stream().anyMatch(s -> s.bytes() == bytes);
    return same
        ? who + ", as large as one of the run's own"
        : "no single segment of this run is as large: a different mix of segments, or the reading";
  }

  private static List<String> endedInLoss(List<Row> ended, long constant) {
    long least = Long.MAX_VALUE;
    long most = Long.MIN_VALUE;
    for (Row row : ended) {
      long error = row.reservedMiB() + constant - row.run().measuredMiB();
      least = Math.min(least, error);
      most = Math.max(most, error);
    }
    return List.of(
        "### Rows with one output",
        "",
        String.format(
            Locale.ROOT,
            "%d rows have a single output: that program ends in its first loss (BCEWithLogitsLoss is"
                + " given (B, 1) and (B)), so only parameters and one forward pass existed. With the"
                + " same constant the prediction is %+d to %+d MiB off: autograd's thread, its cuBLAS"
                + " handle and the kernels of backward and optimizer were never loaded, and the"
                + " constant counts them. They are in no figure above.",
            ended.size(),
            least,
            most));
  }
}
