package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.DoesNotFitException;
import dev.headroom.app.Exit;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.app.UsageException;
import dev.headroom.app.sweep.Charts;
import dev.headroom.app.sweep.History;
import dev.headroom.app.sweep.RunCurves;
import dev.headroom.app.sweep.RunRecord;
import dev.headroom.app.sweep.RunSettings;
import dev.headroom.app.sweep.Sweep;
import dev.headroom.app.sweep.SweepReport;
import dev.headroom.app.sweep.SweepResult;
import dev.headroom.app.sweep.SweepResult.PerBatch;
import dev.headroom.app.train.Interrupts;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageSet;
import dev.headroom.effect.LearningRateRule;
import dev.headroom.effect.ProbeSchedule;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Planner;
import dev.headroom.plan.ProbePlan;
import dev.headroom.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What each batch size does to memory, speed and learning, and which one is worth using. */
@Command(
    name = "sweep",
    description = "What each batch size does to memory, speed and learning; which is worth using.",
    footer = {
      "",
      "Example:",
      "  headroom sweep mlp --data digits --batches 16,64,256 --target 0.97 --seeds 2",
      "",
      "A sweep that was stopped goes on where it was: finished runs are kept in --history."
    })
final class SweepCommand extends AppCommand {
  private static final int DEFAULT_EPOCHS = 20;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();
  @Mixin private final SweepOptions sweep = new SweepOptions();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Runs per batch, from --seed on (default 3).")
  private int seeds = 3;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      converter = Values.Count.class,
      description =
          "Runs at once, as far as the plan says that memory and cores allow (default 1).")
  private int parallel = 1;

  @Option(
      names = "--pictures",
      paramLabel = "DIR",
      description = "Draw loss, noise scale, throughput, memory and time to target there.")
  private @Nullable Path pictures;

  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description = "Write every run's curves there, a folder per run, for TensorBoard.")
  private @Nullable Path tensorboard;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write every look at the test set of every run as a row.")
  private @Nullable Path csv;

  @Option(names = "--fresh", description = "Run everything again, whatever the history holds.")
  private boolean fresh;

  @Override
  protected Exit run(Terminal terminal) throws InterruptedException {
    if (options.input != null) {
      throw new UsageException("sweep needs images, not --input", "Use --data.");
    }
    if (options.batch != null || options.accumulate != 1) {
      throw new UsageException(
          "sweep takes --batches, not --batch or --accumulate", "Name them all: --batches 32,64.");
    }
    Setup setup = Setup.toRun(network, options).withAnyBatch();
    String data = setup.trainingData("sweep");
    ImageSet train = TrainingData.open(data, options.dataDir, Datasets.Split.TRAIN);
    ImageSet test = TrainingData.open(data, options.dataDir, Datasets.Split.TEST);
    Budget budget = Memory.budget(options.budgetBytes);
    Planner planner = new Planner(setup.graph, setup.recipe, setup.backend, train.size(), 0);
    LargestBatch largest = planner.plan(1, budget).largestBatch();
    Map<Integer, Long> peaks = new LinkedHashMap<>();
    List<Integer> doNotFit = new ArrayList<>();
    for (int batch : new TreeSet<>(sweep.batches)) {
      if (batch > train.size()) {
        throw new UsageException(
            "batch " + batch + " is more than the " + train.size() + " images there are",
            "Leave it out of --batches.");
      }
      long peak = peakBytes(setup, batch);
      if (peak > budget.bytes()) {
        doNotFit.add(batch);
      } else {
        peaks.put(batch, peak);
      }
    }
    if (peaks.isEmpty() || largest == null) {
      throw new DoesNotFitException(
          "none of the batches " + sweep.batches + " fits into " + budget.text(),
          "headroom plan with the same options says what fits.");
    }
    int atOnce = allowed(peaks, budget, setup.backend.threads());
    if (atOnce < parallel) {
      terminal.note("running " + atOnce + " at once: memory and cores allow no more");
    }
    List<RunSettings> all = new ArrayList<>();
    for (int seed = 0; seed < seeds; seed++) {
      for (int batch : peaks.keySet()) {
        all.add(settings(setup, data, batch, options.seed + seed, train.size()));
      }
    }
    Map<RunSettings, RunRecord> runs;
    try (History history = History.open(sweep.history());
        Progress progress = terminal.progress("sweep", all.size(), "runs")) {
      if (fresh) {
        history.forget(all);
      }
      long others = fresh ? 0 : history.ofOtherBuilds(all);
      if (others > 0) {
        terminal.note(
            others
                + " of "
                + all.size()
                + " runs in "
                + sweep.history()
                + " are of another build of Headroom, whose times do not compare: they are run"
                + " again");
      }
      Sweep work = new Sweep(setup.graph, train, test, history, options.seed);
      runs = work.run(all, atOnce, progress);
      if (work.remembered() > 0) {
        terminal.note(
            work.remembered()
                + " of "
                + all.size()
                + " runs were in "
                + sweep.history()
                + " already; --fresh runs them again");
      }
    }
    SweepResult result = result(setup, data, peaks.keySet(), doNotFit, runs, largest.recommended());
    SweepReport report = new SweepReport(result, words(setup));
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.print(terminal);
    }
    if (pictures != null) {
      new Charts(result, budget.bytes()).write(pictures).forEach(f -> terminal.note("wrote " + f));
    }
    if (tensorboard != null) {
      RunCurves.tensorboard(tensorboard, runs).forEach(f -> terminal.note("wrote " + f));
    }
    if (csv != null) {
      RunCurves.csv(csv, runs);
      terminal.note("wrote " + csv);
    }
    return Interrupts.requested() ? Exit.INTERRUPTED : Exit.OK;
  }

  /** Of training and of the noise probes between its steps. */
  private static long peakBytes(Setup setup, int batch) {
    long probing =
        ProbePlan.of(
                setup.graph, setup.recipe, setup.backend, batch, ProbeSchedule.smallBatch(batch))
            .peak()
            .liveBytes();
    return Math.max(trainingPeakBytes(setup, batch), probing);
  }

  private static long trainingPeakBytes(Setup setup, int batch) {
    return new Planner(setup.graph, setup.recipe, setup.backend, 0, 0).peakBytes(batch);
  }

  /** Runs that may go on at once: every one at its largest batch, and each with its own cores. */
  private int allowed(Map<Integer, Long> peaks, Budget budget, int threads) {
    long largestPeak = peaks.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    long byMemory = Math.max(1, budget.bytes() * 4 / 5 / largestPeak);
    long byCores = Math.max(1, Runtime.getRuntime().availableProcessors() / threads);
    return (int) Math.min(parallel, Math.min(byMemory, byCores));
  }

  private RunSettings settings(Setup setup, String data, int batch, long seed, int trainSize) {
    Recipe recipe = setup.recipe;
    LearningRateRule rule = sweep.rule();
    return new RunSettings(
        setup.graph.name() + "/" + setup.graph.parameterCount(),
        data,
        recipe.withLearningRate(rule.rate(recipe.learningRate(), batch)),
        batch,
        sweep.warmUp,
        seed,
        sweep.target,
        options.epochs == null ? DEFAULT_EPOCHS : options.epochs,
        sweep.lookEvery(trainSize),
        setup.backend);
  }

  private SweepResult result(
      Setup setup,
      String data,
      Set<Integer> batches,
      List<Integer> doNotFit,
      Map<RunSettings, RunRecord> runs,
      long largest) {
    List<PerBatch> perBatch = new ArrayList<>();
    batches.forEach(
        batch ->
            perBatch.add(
                new PerBatch(
                    batch,
                    sweep.rule().rate(setup.recipe.learningRate(), batch),
                    trainingPeakBytes(setup, batch),
                    runs.entrySet().stream()
                        .filter(e -> e.getKey().batch() == batch)
                        .map(Map.Entry::getValue)
                        .toList())));
    return new SweepResult(
        setup.graph.name(),
        data,
        sweep.target,
        seeds,
        setup.backend.threads() == 1 ? SweepResult.Clock.PROCESSOR : SweepResult.Clock.WALL,
        perBatch,
        doNotFit,
        largest);
  }

  private String words(Setup setup) {
    return String.format(
        Locale.ROOT,
        "%s (%s) · lr rule %s",
        setup.recipe.optimizer().label(),
        setup.recipe.form().label(),
        sweep.rule().label());
  }
}
