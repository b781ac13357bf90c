package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.report.PlanReport;
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
      "  headroom plan mlp --data cifar10 --budget 64MiB --json"
    })
final class PlanCommand extends AppCommand {
  static final int DEFAULT_BATCH = 64;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Override
  protected Exit run(Terminal terminal) {
    Setup setup = new Setup(network, options);
    Planner planner =
        new Planner(setup.graph, setup.recipe, setup.backend, setup.trainSize, setup.testSize);
    Budget budget = Memory.budget(options.budgetBytes);
    Plan plan;
    if (options.batch != null || options.budgetBytes == null) {
      plan = planner.plan(options.batch == null ? DEFAULT_BATCH : options.batch, budget);
    } else {
      // No batch was named: answer for the one that the budget recommends.
      LargestBatch largest = planner.plan(1, budget).largestBatch();
      plan = planner.plan(largest == null ? 1 : largest.recommended(), budget);
    }
    PlanReport report = new PlanReport(plan);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
    }
    return plan.fits() ? Exit.OK : Exit.DOES_NOT_FIT;
  }
}
