package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.data.DataFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Time to a target accuracy as foretold, against full sweeps on this machine. Runs that the history
 * of sweeps holds are taken from it; what is missing is run.
 */
public final class TargetsSection implements Section {
  /** How far above the least time the time at an advised batch may be. */
  private static final double BOUND = 0.15;

  /**
   * A sweep to hold against.
   *
   * @param folder of the data set, among {@link DataFolders#NAMES}
   * @param seeds of the sweep, and as many advices
   */
  private record Setting(String network, String data, String folder, int seeds, String options) {
    String title() {
      return network + " on " + data;
    }

    List<String> words(String command, @Nullable Path dataDir, String more) {
      List<String> words = new ArrayList<>(List.of(command, network, "--data", data));
      if (dataDir != null) {
        words.addAll(List.of("--data-dir", dataDir.toString()));
      }
      words.addAll(List.of((options + more).split(" ")));
      return words;
    }
  }

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("mlp", "mnist", "mnist", 3, "--target 0.97"),
          new Setting("mlp", "fashion-mnist", "fashion-mnist", 3, "--target 0.86"),
          new Setting("mlp", "cifar10", "cifar-10", 3, "--target 0.45"),
          new Setting(
              "cnn",
              "cifar10",
              "cifar-10",
              2,
              "--target 0.5 --batches 16,32,64,128,256,512 --look-every 2000"));

  /** What all settings together come to. */
  private static final class Tally {
    private final List<Double> regrets = new ArrayList<>();
    private final List<Double> errors = new ArrayList<>();

    String text() {
      double[] sorted = errors.stream().mapToDouble(Math::abs).sorted().toArray();
      if (sorted.length == 0) {
        return "**No data set was found, so nothing was measured.**";
      }
      return String.format(
          Locale.ROOT,
          "**The batch of `advise` reaches the target within %.0f %% of the best batch's time in %d"
              + " of %d trials (at worst %+.0f %%). The law without the batch at hand foretells its"
              + " time to %.0f %% in the median, %.0f %% at worst.**",
          100 * BOUND,
          regrets.stream().filter(r -> r <= BOUND).count(),
          regrets.size(),
          100 * regrets.stream().mapToDouble(r -> r).max().orElse(Double.NaN),
          100 * sorted[sorted.length / 2],
          100 * sorted[sorted.length - 1]);
    }
  }

  @Override
  public String name() {
    return "targets";
  }

  @Override
  public boolean measuresThisMachine() {
    return true;
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    Tally tally = new Tally();
    List<String> tables = new ArrayList<>();
    Map<String, Object> json = new LinkedHashMap<>();
    try (Progress progress = terminal.progress("targets", SETTINGS.size(), "sweeps")) {
      for (Setting setting : SETTINGS) {
        tables.add("");
        Path here = shared.resolve("datasets");
        boolean ours = Files.isDirectory(here.resolve(setting.folder()));
        Path dataDir = ours ? here : null;
        if (DataFolders.find(dataDir).stream().noneMatch(f -> f.name().equals(setting.folder()))) {
          tables.add("### " + setting.title() + ": skipped, the data set is not here");
        } else {
          progress.say(setting.title());
          SweepCase run = run(setting, dataDir);
          tables.addAll(table(setting, run, tally));
          json.put(setting.title(), json(run));
        }
        progress.advance(1);
      }
    }
    json.put("regrets", tally.regrets);
    json.put("errors", tally.errors);
    List<String> lines = new ArrayList<>();
    lines.add("## Time to a target, against full sweeps");
    lines.add("");
    lines.add("`headroom sweep` trained every batch with every seed until the test accuracy was");
    lines.add("reached (Adam 1e-3, one thread; seconds are processor time of training, means over");
    lines.add("seeds ± their deviation). Beside it, with its error in brackets: the verdict's law");
    lines.add("(steps law x throughput curve), which was fitted to these runs; the same fitted to");
    lines.add("all *other* batches, which foretells (of the smallest and the largest batch it");
    lines.add("extrapolates); and `headroom advise`, a trial at one batch without any sweep, one");
    lines.add("seed each. Runs are kept in the history of sweeps (`~/.headroom/runs.db`).");
    lines.add("");
    lines.add(tally.text());
    lines.addAll(tables);
    return new Result(lines, json);
  }

  private static SweepCase run(Setting setting, @Nullable Path dataDir) throws IOException {
    JsonNode sweep =
        OwnCommand.json(setting.words("sweep", dataDir, " --seeds " + setting.seeds()));
    List<JsonNode> advices = new ArrayList<>();
    for (int seed = 0; seed < setting.seeds(); seed++) {
      advices.add(OwnCommand.json(setting.words("advise", dataDir, " --seed " + seed)));
    }
    return new SweepCase(sweep, advices);
  }

  private static List<String> table(Setting setting, SweepCase run, Tally tally) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "### %s to %.4g %%, %d seeds",
            setting.title(),
            100 * run.sweep().get("target").asDouble(),
            setting.seeds()));
    lines.add("");
    StringBuilder head = new StringBuilder("| batch | steps | actual | law | law of the others |");
    for (int seed = 0; seed < setting.seeds(); seed++) {
      head.append(" advise, seed ").append(seed).append(" |");
    }
    lines.add(head.toString());
    lines.add("|---:".repeat(5 + setting.seeds()) + "|");
    List<SweepCase.Actual> all = run.actual();
    for (SweepCase.Actual a : all) {
      double foretold = run.without(a.batch()).seconds(a.batch());
      tally.errors.add(foretold / a.seconds() - 1);
      StringBuilder row =
          new StringBuilder(
              String.format(
                  Locale.ROOT,
                  a.seconds() == run.leastSeconds()
                      ? "| **%d** | %,.0f | **%.2f ± %.2f s** | %s | %s |"
                      : "| %d | %,.0f | %.2f ± %.2f s | %s | %s |",
                  a.batch(),
                  a.steps(),
                  a.seconds(),
                  a.deviation(),
                  beside(run.fitted().seconds(a.batch()), a),
                  beside(foretold, a)));
      for (JsonNode advice : run.advices()) {
        OptionalDouble said = SweepCase.foretold(advice, a.batch());
        row.append(' ').append(said.isPresent() ? beside(said.getAsDouble(), a) : "-").append(" |");
      }
      lines.add(row.toString());
    }
    lines.add("");
    lines.add(worth(run, tally));
    return lines;
  }

  private static String beside(double seconds, SweepCase.Actual actual) {
    return String.format(
        Locale.ROOT, "%.2f (%+.0f %%)", seconds, 100 * (seconds / actual.seconds() - 1));
  }

  private static String worth(SweepCase run, Tally tally) {
    List<String> advised = new ArrayList<>();
    for (JsonNode advice : run.advices()) {
      OptionalDouble regret = run.regret(advice);
      // An advice without a batch, or for one that never arrived, counts as a miss.
      tally.regrets.add(regret.orElse(Double.POSITIVE_INFINITY));
      advised.add(
          regret.isEmpty()
              ? "none"
              : String.format(
                  Locale.ROOT,
                  "%d (%+.0f %%%s)",
                  advice.at("/worthUsing/batch").asInt(),
                  100 * regret.getAsDouble(),
                  advice.at("/trial/arrived").asBoolean() ? "" : ", its trial did not arrive"));
    }
    return String.format(
        Locale.ROOT,
        "The sweep's verdict: batch %d (%d to %d). Advised, and its time above the least: %s.",
        run.sweep().at("/worthUsing/batch").asInt(),
        run.sweep().at("/worthUsing/low").asInt(),
        run.sweep().at("/worthUsing/high").asInt(),
        String.join(", ", advised));
  }

  private static Map<String, Object> json(SweepCase run) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("sweep", run.sweep());
    out.put("advices", run.advices());
    double[] times = run.actual().stream().mapToDouble(SweepCase.Actual::seconds).toArray();
    out.put("leastSeconds", Arrays.stream(times).min().orElse(Double.NaN));
    return out;
  }
}
