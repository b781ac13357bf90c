package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.DoesNotFitException;
import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.app.UsageException;
import dev.headroom.app.train.AutoBatch;
import dev.headroom.app.train.Checkpoints;
import dev.headroom.app.train.Curves;
import dev.headroom.app.train.FirstValues;
import dev.headroom.app.train.LossLog;
import dev.headroom.app.train.NoiseObserver;
import dev.headroom.app.train.RandomTraining;
import dev.headroom.app.train.StepObserver;
import dev.headroom.app.train.Trainer;
import dev.headroom.app.train.TrainingResult;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageSet;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Ledger;
import dev.headroom.measure.Comparison;
import dev.headroom.plan.Budget;
import dev.headroom.plan.PaperTraining;
import dev.headroom.plan.Plan;
import dev.headroom.plan.ProbePlan;
import dev.headroom.report.ComparisonReport;
import dev.headroom.tensor.Bytes;
import dev.headroom.tensor.DType;
import dev.headroom.torch.Natives;
import dev.headroom.torch.TorchOutOfMemoryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains, and lays what was measured beside what was predicted. */
@Command(
    name = "train",
    description = "Trains on libtorch; predicted beside measured memory at the end.",
    footer = {
      "",
      "Example:",
      "  headroom train mlp --data digits --epochs 2",
      "  headroom train mlp --data mnist --optimizer-impl fused --save mlp.safetensors",
      "  headroom train net.pt2 --data cifar10 --batch 32"
    })
final class TrainCommand extends AppCommand {
  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description = "Write the trained weights as safetensors.")
  private @Nullable Path save;

  @Mixin private final NoiseOptions noise = new NoiseOptions();
  @Mixin private final LoadingOptions loading = new LoadingOptions();
  @Mixin private final CurveOptions curves = new CurveOptions();

  @Option(
      names = "--auto-batch",
      description = {
        "When memory runs out, go on with smaller micro-batches over the same samples; gradients"
            + " are",
        "accumulated, so that a step stays what it was."
      })
  private boolean autoBatch;

  @Mixin private final ScheduleOptions schedule = new ScheduleOptions();

  @Mixin private final CheckpointOptions checkpoints = new CheckpointOptions();

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    if (options.input != null) {
      throw new UsageException("train needs images, not --input", "Use --data.");
    }
    SavedWeights.checkWritable(save);
    Setup setup = Setup.toRun(network, options);
    String data = setup.trainingData();
    Ledgers ledgers = new Ledgers(setup, options, terminal);
    if (data == null && (setup.fromFile || readsTokens(setup))) {
      return trainOnRandomSamples(terminal, setup, ledgers);
    }
    if (data == null) {
      throw new UsageException(
          network + " is not made for one of the built-in sets by itself",
          "Say what to train on, such as --data cifar10.");
    }
    Budget budget = Memory.budget(options.budgetBytes);
    // While a library loads, no thread can link a native method of Java's own, and waits: what
    // needs new ones comes before, what takes long without them beside it.
    Natives.loadAhead();
    ImageSet train = TrainingData.open(data, options.dataDir, Datasets.Split.TRAIN);
    ImageSet test = TrainingData.open(data, options.dataDir, Datasets.Split.TEST);
    int batch = Math.toIntExact(setup.batch(options.batch));
    if (autoBatch) {
      setup.withAnyBatch();
    }
    if (setup.graph.ownBatch().isPresent()
        && (train.size() % batch != 0 || test.size() % batch != 0)) {
      throw new InputException(
          setup.graph.name()
              + " takes batches of "
              + batch
              + " alone, which "
              + data
              + " does not divide into",
          NetworkFile.REEXPORT);
    }
    if ((long) batch * setup.recipe.accumulate() > train.size()) {
      throw new UsageException(
          "a step of "
              + (long) batch * setup.recipe.accumulate()
              + " images is more than the "
              + train.size()
              + " there are",
          "Use a smaller --batch or --accumulate.");
    }
    Plan plan = ledgers.plan(batch, budget, train.size(), test.size());
    ProbePlan probes = noise.plan(setup.graph, setup.recipe, setup.backend, batch);
    checkFits(terminal, plan, probes, ledgers, budget);
    int epochs = options.epochs == null ? 1 : options.epochs;
    Trainer trainer =
        new Trainer(
                setup.graph, setup.recipe, batch, epochs, options.seed, setup.backend, train, test)
            .load(loading.of(batch, options.seed));
    trainer.startFrom(setup.weights);
    schedule.accompany(trainer, setup.recipe.learningRate(), terminal::note);
    Map<String, String> identity = setup.identity(batch, options.seed);
    schedule.addTo(identity, epochs);
    loading.addTo(identity);
    Checkpoints kept = checkpoints.checkpoints(identity, terminal::note, terminal::warn);
    if (checkpoints.losses != null) {
      trainer.accompany(new LossLog(checkpoints.losses));
    }
    if (autoBatch) {
      trainer.accompany(new AutoBatch(terminal::note));
    }
    if (kept != null) {
      trainer.accompany(kept);
    }
    TrainingResult result;
    NoiseReport noiseReport = null;
    try (NoiseObserver observer = noise.observer(train, batch, setup.recipe, options.seed);
        Curves writer = curves.writer(observer);
        Progress progress = terminal.progress("training", trainer.steps(), "steps")) {
      List<StepObserver> observers = new ArrayList<>();
      if (observer != null) {
        observers.add(observer);
      }
      if (writer != null) {
        observers.add(writer);
      }
      trainer.observe(StepObserver.all(observers));
      if (observer != null && probes != null) {
        noiseReport = new NoiseReport(observer, plan, probes, noise.layers());
      }
      result = trainer.run(progress, save);
    } catch (TorchOutOfMemoryException e) {
      throw RanOut.explain(
          e,
          batch,
          ledgers.chosen().ledger(Collections.nCopies(2, (long) batch), 0),
          budgetBytes -> ledgers.plan(1, budgetBytes, train.size(), test.size()).largestBatch());
    }
    boolean resumed = kept != null && kept.resumedFrom() != null;
    Comparison comparison =
        resumed
            ? compareResumed(setup, batch, result.measured())
            : compare(ledgers, batch, result.measured());
    if (terminal.wantsJson()) {
      Map<String, Object> json = TrainReport.json(ledgers.report(plan), result);
      if (kept != null) {
        json.put("checkpoints", kept.json());
      }
      if (noiseReport != null) {
        json.putAll(noiseReport.json());
      }
      terminal.json(json);
    } else {
      TrainReport.text(setup, data, batch, result, comparison).forEach(terminal::println);
      if (noiseReport != null) {
        noiseReport.text(result.trainSeconds()).forEach(terminal::println);
      }
    }
    IOException saveFailure = result.saveFailure();
    if (saveFailure != null) {
      throw SavedWeights.cannotWrite(save, saveFailure);
    }
    if (save != null) {
      terminal.note("wrote " + save);
    }
    return result.interrupted() ? Exit.INTERRUPTED : Exit.OK;
  }

  /** There is no built-in text to learn from. */
  private static boolean readsTokens(Setup setup) {
    return setup.graph.inputs(Input.Kind.USER).getFirst().dtype() == DType.INT64;
  }

  private static void checkFits(
      Terminal terminal, Plan plan, @Nullable ProbePlan probes, Ledgers ledgers, Budget budget) {
    long needed = plan.peak().liveBytes();
    if (probes != null) {
      needed = Math.max(needed, probes.peak().liveBytes());
    }
    if (!plan.fits() || needed > budget.bytes()) {
      if (terminal.wantsJson()) {
        terminal.json(ledgers.report(plan).json());
      }
      throw new DoesNotFitException(
          "batch "
              + plan.batch()
              + " needs "
              + Bytes.format(needed)
              + ", more than "
              + budget.text(),
          "headroom plan with the same options says what fits.");
    }
  }

  /** For a network that no data was named for: measured beside predicted, nothing learnt. */
  private Exit trainOnRandomSamples(Terminal terminal, Setup setup, Ledgers ledgers) {
    if (save != null) {
      throw new UsageException("--save needs --data: random samples teach nothing", null);
    }
    long batch = setup.batch(options.batch);
    setup.assumptions.add(
        "no --data was given: " + RandomTraining.STEPS + " steps on random samples");
    Budget budget = Memory.budget(options.budgetBytes);
    Plan plan = ledgers.plan(batch, budget, 0, 0);
    checkFits(terminal, plan, null, ledgers, budget);
    RandomTraining.Result result =
        RandomTraining.run(
            setup.graph,
            setup.recipe,
            ledgers.target(),
            setup.backend,
            FirstValues.of(setup.weights, options.seed),
            batch,
            options.seed);
    if (terminal.wantsJson()) {
      Map<String, Object> out = ledgers.report(plan).json();
      out.put("steps", RandomTraining.STEPS);
      out.put("seconds", result.seconds());
      out.put("trainLoss", result.loss());
      out.put("measured", TrainReport.measured(result.measured()));
      terminal.json(out);
    } else {
      terminal.println(
          String.format(
              Locale.ROOT,
              "%s on random samples · batch %d · %s (%s)%s%n%d steps in %.2f s, loss %.4f",
              setup.graph.name(),
              batch,
              setup.recipe.optimizer().label(),
              setup.recipe.form().label(),
              setup.recipe.unusual(),
              RandomTraining.STEPS,
              result.seconds(),
              result.loss()));
      terminal.println();
      Comparison comparison = compare(ledgers, batch, result.measured());
      new ComparisonReport(comparison).text().forEach(terminal::println);
    }
    return Exit.OK;
  }

  /** After a checkpoint, the optimizer's state is there from the first iteration on. */
  private static Comparison compareResumed(Setup setup, long batch, Ledger measured) {
    return Comparison.of(
        PaperTraining.resumedLedger(
            setup.graph,
            setup.recipe,
            setup.backend,
            Collections.nCopies(measured.iterations(), batch),
            0),
        measured);
  }

  private static Comparison compare(Ledgers ledgers, long batch, Ledger measured) {
    return Comparison.of(
        ledgers.chosen().ledger(Collections.nCopies(measured.iterations(), batch), 0), measured);
  }
}
