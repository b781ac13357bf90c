package dev.headroom.app.cli;

import dev.headroom.app.Terminal;
import dev.headroom.app.UnavailableException;
import dev.headroom.app.fit.ProbeRunner;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.tensor.Bytes;
import dev.headroom.torch.ProcessMemory;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fits into the memory of a process on this machine. */
final class CpuFitting implements Fitting {
  private static final double SHARE_OF_FREE = 0.8;

  private final Budget budget;
  private final Planner planner;
  private final @Nullable LargestBatch planned;
  private final Ledgers ledgers;
  private final Plan plan;
  private final int trainSize;
  private final List<String> words;

  /**
   * Plans.
   *
   * @param words the network and its options, as a probe shall have them
   * @throws UnavailableException where a process's memory cannot be limited
   */
  CpuFitting(String network, RecipeOptions options, List<String> words, Terminal terminal) {
    if (!ProcessMemory.available()) {
      throw new UnavailableException(
          "fit needs Linux: it limits a probe's memory with RLIMIT_DATA",
          "headroom plan answers everywhere.");
    }
    this.words = words;
    Setup setup = Setup.toRun(network, options).withAnyBatch();
    trainSize = setup.data.trainSize;
    budget = budget(options.budgetBytes, terminal);
    ledgers = new Ledgers(setup, options, terminal);
    planner = ledgers.forProcess(setup.data.trainSize, setup.data.testSize);
    planned = planner.processInterval(budget);
    long batch = planned == null ? 1 : planned.recommended();
    plan =
        ledgers
            .plan(batch, null, setup.data.trainSize, setup.data.testSize)
            .withBudget(budget, planned);
  }

  private static Budget budget(@Nullable Long given, Terminal terminal) {
    long free = (long) (Memory.freeBytes() * SHARE_OF_FREE);
    if (given == null) {
      terminal.note("no --budget: 80 % of the memory that is free now, " + Bytes.format(free));
      return new Budget(free, Budget.Source.MACHINE);
    }
    if (given > free) {
      terminal.note(
          Bytes.format(given)
              + " is more than 80 % of the memory that is free now: probing up to "
              + Bytes.format(free));
      return new Budget(free, Budget.Source.GIVEN);
    }
    return new Budget(given, Budget.Source.GIVEN);
  }

  @Override
  public @Nullable LargestBatch planned() {
    return planned;
  }

  @Override
  public long predictedBytes(long batch) {
    return planner.loopPeakBytes(batch);
  }

  @Override
  public ProbeRunner runner(double secondsEach) {
    return ProbeRunner.fresh(ProbeCommand.words(words, budget.bytes()), secondsEach);
  }

  @Override
  public String within() {
    return budget.text() + " on top of the idle process";
  }

  @Override
  public String budget() {
    return budget.text();
  }

  @Override
  public boolean mayFit() {
    return plan.fits();
  }

  @Override
  public int trainSize() {
    return trainSize;
  }

  @Override
  public Names names() {
    return new Names(
        List.of("predicted", "measured", "process"),
        List.of("predictedLiveBytes", "peakLiveBytes", "processBytes"));
  }

  @Override
  public Map<String, Object> json() {
    return ledgers.report(plan).json();
  }
}
