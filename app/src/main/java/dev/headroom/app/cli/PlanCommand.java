package dev.headroom.app.cli;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.ledger.Peak;
import dev.headroom.lever.Levers;
import dev.headroom.lever.Setting;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Plan;
import dev.headroom.report.LeverReport;
import dev.headroom.report.PlanReport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Where the training memory will go, before anything runs. */
@Command(
    name = "plan",
    description = "Where the training memory will go, to the byte, before anything runs.",
    footer = {
      "",
      "Example:",
      "  headroom plan mlp --data mnist --batch 64 --optimizer adam",
      "  headroom plan mlp --data cifar10 --budget 64MiB --json",
      "  headroom plan net.pt2 --batch 32 --ledger recorded",
      "  headroom plan resnet18 --input 3x224x224 --device rtx3090",
      "  headroom plan net.pt2 --batch 256 --device a100-40gb --samples 50000",
      "  headroom plan vit_b_16 --device rtx3090 --levers --want-batch 256"
    })
final class PlanCommand extends AppCommand {
  static final int DEFAULT_BATCH = 64;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Mixin private final GpuOptions gpu = new GpuOptions();

  @Mixin private final LeverOptions levers = new LeverOptions();

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    Setup setup = new Setup(network, options, gpu.isGpu());
    if (gpu.isGpu()) {
      return GpuPlanning.run(
          terminal, setup, options, gpu, levers, () -> SampleLevers.of(network, setup, options));
    }
    Ledgers ledgers = new Ledgers(setup, options, terminal);
    Budget budget = Memory.budget(options.budgetBytes);
    long batch = setup.batch(options.batch);
    Plan plan = ledgers.plan(batch, budget, setup.data.trainSize, setup.data.testSize);
    boolean anyBatch = setup.graph.ownBatch().isEmpty();
    if (options.batch == null && anyBatch && (options.budgetBytes != null || !plan.fits())) {
      batch = unnamed(plan.largestBatch(), options.budgetBytes != null);
      // What fits is known: it does not depend on the batch that is answered for.
      plan =
          ledgers
              .plan(batch, null, setup.data.trainSize, setup.data.testSize)
              .withBudget(budget, plan.largestBatch());
    }
    Peak peak =
        plan.largestBatch() == null && batch > 1 && anyBatch
            ? ledgers.plan(1, null, setup.data.trainSize, setup.data.testSize).peak()
            : plan.peak();
    PlanReport report = ledgers.report(plan);
    return print(
        terminal,
        report.json(),
        report.text(),
        levers.report(
            setup,
            () ->
                new Levers(
                    new Setting(setup.graph, setup.recipe, AllocatorSettings.DEFAULT),
                    ledgers.replan(budget),
                    false,
                    true,
                    SampleLevers.of(network, setup, options)),
            batch,
            peak,
            plan.largestBatch() == null,
            setup.data.trainSize),
        plan.fits());
  }

  /**
   * The batch to answer for where none was named: the one that a given budget recommends, else the
   * usual one unless that is too much.
   *
   * @param largest what fits, null if nothing does
   */
  static long unnamed(@Nullable LargestBatch largest, boolean budgetGiven) {
    long most = largest == null ? 1 : Math.max(1, largest.recommended());
    return budgetGiven ? most : Math.min(DEFAULT_BATCH, most);
  }

  /** Prints a plan, and what could be changed about it. */
  static Exit print(
      Terminal terminal,
      Map<String, Object> json,
      List<String> text,
      @Nullable LeverReport levers,
      boolean fits) {
    if (terminal.wantsJson()) {
      if (levers != null) {
        json.put("levers", levers.json());
      }
      terminal.json(json);
    } else {
      text.forEach(terminal::println);
      if (levers != null) {
        levers.text().forEach(terminal::println);
      }
    }
    return fits && (levers == null || levers.reached()) ? Exit.OK : Exit.DOES_NOT_FIT;
  }
}
