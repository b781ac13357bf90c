package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.Terminal;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.lever.Replan;
import dev.headroom.lever.Setting;
import dev.headroom.loop.Target;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.Budget;
import dev.headroom.plan.Coverage;
import dev.headroom.plan.KernelScratch;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.LedgerSource;
import dev.headroom.plan.PaperTraining;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.plan.ValueDependence;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Recipe;
import dev.headroom.report.CheckpointGain;
import dev.headroom.report.PlanReport;
import dev.headroom.torch.EngineUnavailableException;
import dev.headroom.torch.RecordedTraining;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plans from the ledger that {@code --ledger} asks for: by rule, or recorded. */
final class Ledgers {
  private static final String FROM_RECORDING =
      "the largest batch is from a recording, which includes what convolution and recurrent"
          + " kernels allocate inside themselves; the other figures are written by rule";

  private final Setup setup;
  private final Terminal terminal;
  private final String wanted;
  private final boolean givenBudget;
  private final List<String> notes = new ArrayList<>();
  private LedgerSource source;
  private @Nullable RecordedTraining recording;

  Ledgers(Setup setup, RecipeOptions options, Terminal terminal) {
    this.setup = setup;
    this.terminal = terminal;
    this.wanted = options.ledger;
    this.givenBudget = options.budgetBytes != null;
    this.source = source();
  }

  private LedgerSource source() {
    Map<String, List<Node>> unsupported = Coverage.unsupported(setup.graph);
    if (wanted.equals("recorded")) {
      return recording();
    }
    if (wanted.equals("auto") && !unsupported.isEmpty()) {
      notes.add(
          "recorded, since no rule says what these operators allocate: "
              + Coverage.describe(unsupported));
      return recording();
    }
    Coverage.require(setup.graph);
    ValueDependence.of(setup.graph)
        .forEach((op, what) -> notes.add(op + " is taken to choose " + what + ": an upper bound"));
    try {
      setup.assumptions.addAll(setup.loss.assumed(setup.loss.target()));
    } catch (UnsupportedOperatorException e) {
      return recordingInstead(e);
    }
    return PaperTraining.source(setup.graph, setup.recipe, setup.backend);
  }

  /** A rule may find only when it is used that a form of its operator is beyond it. */
  private LedgerSource recordingInstead(UnsupportedOperatorException e) {
    if (!wanted.equals("auto") || recording != null) {
      throw e;
    }
    notes.add("recorded, since " + e.getMessage());
    return recording();
  }

  private RecordedTraining recording() {
    RecordedTraining existing = recording;
    if (existing == null) {
      setup.loss.targetIfKnown();
      terminal.note("recording tiny training steps on libtorch");
      existing = new RecordedTraining(setup.graph, setup.recipe, setup.backend);
      recording = existing;
      if (setup.data.name != null) {
        setup.data.checkClasses(setup.graph, existing.classes());
      }
      ValueDependence.of(setup.graph)
          .keySet()
          .forEach(
              op -> notes.add(op + " takes as much as values say: recorded for made-up samples"));
      if (setup.assumptions.stream().noneMatch(a -> a.startsWith("the loss"))) {
        setup.assumptions.addAll(setup.loss.assumed(existing.target()));
      }
    }
    return existing;
  }

  /** What the loss holds the output against. */
  Target target() {
    return recording == null ? Target.of(setup.graph, setup.recipe) : recording.target();
  }

  /** Ledgers as they were asked for. */
  LedgerSource chosen() {
    return source;
  }

  /** The plan at a batch. */
  Plan plan(long batch, @Nullable Budget budget, long trainSize, long testSize) {
    try {
      return tryToPlan(batch, budget, trainSize, testSize);
    } catch (UnsupportedOperatorException e) {
      source = recordingInstead(e);
      return tryToPlan(batch, budget, trainSize, testSize);
    } catch (IllegalArgumentException e) {
      throw new InputException(String.valueOf(e.getMessage()), null, e);
    }
  }

  /**
   * What {@code fit} expects: the largest batch of a process as an interval, and how to predict a
   * batch's live peak; both with what kernels allocate inside themselves, which is recorded.
   */
  Planner forProcess(long trainSize, long testSize) {
    return planner(recordsScratch() ? scratchRecorded() : source, trainSize, testSize);
  }

  private Planner planner(LedgerSource ledgers, long trainSize, long testSize) {
    return new Planner(setup.graph, setup.recipe, ledgers, trainSize, testSize);
  }

  /** Scratch of convolutions belongs into an answer that claims to be the whole. */
  private boolean recordsScratch() {
    return wanted.equals("auto")
        && setup.backend.onednn()
        && setup.graph.ownBatch().isEmpty()
        && source != recording
        && KernelScratch.has(setup.graph);
  }

  private Plan tryToPlan(long batch, @Nullable Budget budget, long trainSize, long testSize) {
    Planner planner = planner(source, trainSize, testSize);
    boolean fixed = setup.graph.ownBatch().isPresent();
    boolean recordLargest = budget != null && givenBudget && recordsScratch();
    Plan plan = planner.plan(batch, fixed || recordLargest ? null : budget);
    if (fixed && budget != null) {
      return plan.withBudget(budget, null);
    }
    if (!recordLargest || budget == null) {
      return plan;
    }
    try {
      return plan.withBudget(
          budget, planner(scratchRecorded(), trainSize, testSize).largestBatch(budget));
    } catch (RecordingMismatchException e) {
      notes.remove(FROM_RECORDING);
      notes.add("the largest batch leaves out kernels' own scratch: " + e.getMessage());
      return plan.withBudget(budget, planner.largestBatch(budget));
    }
  }

  private LedgerSource scratchRecorded() {
    if (recording != null) {
      return recording;
    }
    try {
      LedgerSource recorded = recording();
      notes.add(FROM_RECORDING);
      return recorded;
    } catch (EngineUnavailableException e) {
      notes.add(
          "the largest batch leaves out what convolution and recurrent kernels allocate inside"
              + " themselves: libtorch is not here to record it");
      return source;
    }
  }

  /** Plans of changed trainings, from ledgers of the same kind as this one's. */
  Replan replan(Budget budget) {
    Map<Setting, LedgerSource> recorded = new HashMap<>();
    return new Replan() {
      @Override
      public long bytes(Setting setting, long batch) {
        return planner(setting, source == recording).plan(batch, null).peak().liveBytes();
      }

      @Override
      public Ledger ledger(Setting setting, long batch) {
        return ledgers(setting, source == recording).ledger(List.of(batch, batch), 0);
      }

      @Override
      public long liveLimit() {
        return budget.bytes();
      }

      @Override
      public boolean fits(Setting setting, long batch) {
        return planner(setting, recording != null).peakBytes(batch) <= budget.bytes();
      }

      @Override
      public @Nullable FlopCounter flops(Setting setting, long batch) {
        return Ledgers.this.flops(setting.graph(), setting.recipe(), batch);
      }

      @Override
      public @Nullable LargestBatch largest(Setting setting) {
        return planner(setting, recording != null).largestBatch(budget);
      }

      private Planner planner(Setting setting, boolean record) {
        return new Planner(
            setting.graph(),
            PaperTraining.withFewPasses(setting.recipe()),
            ledgers(setting, record),
            setup.data.trainSize,
            setup.data.testSize);
      }

      private LedgerSource ledgers(Setting setting, boolean record) {
        Recipe recipe = PaperTraining.withFewPasses(setting.recipe());
        return record
            ? recorded.computeIfAbsent(
                new Setting(setting.graph(), recipe, setting.allocator()),
                s -> new RecordedTraining(s.graph(), s.recipe(), setup.backend))
            : PaperTraining.source(setting.graph(), recipe, setup.backend);
      }
    };
  }

  private @Nullable FlopCounter flops(Graph graph, Recipe recipe, long batch) {
    try {
      return PaperTraining.flops(graph, recipe, setup.backend, batch);
    } catch (UnsupportedOperatorException e) {
      // Recorded, since no rule knows it: then its work is not known either.
      return null;
    }
  }

  /** What a plan's checkpoints save, or null where it has none. */
  private @Nullable CheckpointGain gain(Plan plan) {
    if (plan.recipe().checkpoint().isNone()) {
      return null;
    }
    Recipe keeping = setup.recipe.with(Checkpoint.NONE);
    LedgerSource ledgers =
        recording != null && source == recording
            ? new RecordedTraining(setup.graph, keeping, setup.backend)
            : PaperTraining.source(setup.graph, keeping, setup.backend);
    return new CheckpointGain(
        plan,
        new Planner(setup.graph, keeping, ledgers, 0, 0).plan(plan.batch(), null),
        flops(setup.graph, setup.recipe, plan.batch()));
  }

  /** The report of a plan, with all that was assumed. */
  PlanReport report(Plan plan) {
    List<String> all = new ArrayList<>(setup.assumptions);
    all.addAll(notes);
    if (recording != null) {
      all.addAll(recording.notes());
    }
    return new PlanReport(plan, gain(plan), source.label(), all);
  }
}
