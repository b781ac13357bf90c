package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.DivergedException;
import dev.headroom.app.DoesNotFitException;
import dev.headroom.app.Exit;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.app.UsageException;
import dev.headroom.app.sweep.Advice;
import dev.headroom.app.sweep.AdviceReport;
import dev.headroom.app.sweep.RunRecord;
import dev.headroom.app.sweep.RunSettings;
import dev.headroom.app.sweep.SweepResult.Clock;
import dev.headroom.app.train.Interrupts;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageSet;
import dev.headroom.effect.LearningRateRule;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Planner;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The batch worth using, from a short trial instead of a sweep. */
@Command(
    name = "advise",
    description = "The batch worth using, from a one-minute trial instead of a sweep.",
    footer = {"", "Example:", "  headroom advise mlp --data digits --target 0.97 --seconds 20"})
final class AdviseCommand extends AppCommand {

  /** The deadline ends a trial, not a number of passes. */
  private static final int MANY_EPOCHS = 1_000_000;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();
  @Mixin private final SweepOptions sweep = new SweepOptions();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "How long the trial may take (default 60).")
  private int seconds = 60;

  @Override
  protected Exit run(Terminal terminal) {
    if (options.input != null) {
      throw new UsageException("advise needs images, not --input", "Use --data.");
    }
    Setup setup = Setup.toRun(network, options).withAnyBatch();
    String data = setup.trainingData("advise");
    ImageSet train = TrainingData.open(data, options.dataDir, Datasets.Split.TRAIN);
    ImageSet test = TrainingData.open(data, options.dataDir, Datasets.Split.TEST);
    Budget budget = Memory.budget(options.budgetBytes);
    LargestBatch largest =
        new Planner(setup.graph, setup.recipe, setup.backend, train.size(), 0)
            .plan(1, budget)
            .largestBatch();
    List<Long> candidates =
        largest == null
            ? List.of()
            : sweep.batches.stream()
                .map(Integer::longValue)
                .filter(b -> b <= largest.recommended())
                .distinct()
                .sorted()
                .toList();
    if (largest == null || candidates.isEmpty()) {
      throw new DoesNotFitException(
          "none of the batches "
              + sweep.batches
              + " is within 80 % of what fits into "
              + budget.text(),
          "headroom plan with the same options says what fits.");
    }
    RunSettings settings = settings(setup, data, candidates, train.size());
    Advice advice;
    try (Progress progress = terminal.progress("trial", seconds, "seconds")) {
      Interrupts.install();
      long start = System.nanoTime();
      long[] told = new long[1];
      advice =
          Advice.of(
              new Advice.Question(
                  setup.graph,
                  settings,
                  train,
                  test,
                  candidates,
                  seconds,
                  settings.backend().threads() == 1 ? Clock.PROCESSOR : Clock.WALL),
              look -> {
                long passed = Math.min(seconds, (System.nanoTime() - start) / 1_000_000_000);
                progress.advance(passed - told[0]);
                told[0] = passed;
                progress.say(String.format(Locale.ROOT, "%.1f %%", 100 * look.accuracy()));
              },
              Interrupts::requested);
    }
    if (advice.trial().end() == RunRecord.End.DIVERGED) {
      throw new DivergedException("the trial diverged", "Try a smaller --lr.");
    }
    AdviceReport report = new AdviceReport(advice, setup.graph.name(), data, sweep.target, largest);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
    }
    return Interrupts.requested() ? Exit.INTERRUPTED : Exit.OK;
  }

  /** The trial runs at the candidate next to where the learning rate holds as it is. */
  private RunSettings settings(Setup setup, String data, List<Long> candidates, int trainSize) {
    int batch =
        Math.toIntExact(
            candidates.stream()
                .min(
                    Comparator.comparingDouble(
                        b -> Math.abs(Math.log((double) b / LearningRateRule.BASE_BATCH))))
                .orElseThrow());
    return new RunSettings(
        setup.graph.name() + "/" + setup.graph.parameterCount(),
        data,
        setup.recipe,
        batch,
        sweep.warmUp,
        options.seed,
        sweep.target,
        options.epochs == null ? MANY_EPOCHS : options.epochs,
        sweep.lookEvery(trainSize),
        setup.backend);
  }
}
