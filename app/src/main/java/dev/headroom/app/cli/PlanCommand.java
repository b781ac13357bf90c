package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Plan;
import dev.headroom.report.PlanReport;
import java.io.IOException;
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
      "  headroom plan net.pt2 --batch 256 --device a100-40gb --samples 50000"
    })
final class PlanCommand extends AppCommand {
  static final int DEFAULT_BATCH = 64;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Mixin private final GpuOptions gpu = new GpuOptions();

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    Setup setup = new Setup(network, options, gpu.isGpu());
    if (gpu.isGpu()) {
      return GpuPlanning.run(terminal, setup, options, gpu);
    }
    Ledgers ledgers = new Ledgers(setup, options, terminal);
    Budget budget = Memory.budget(options.budgetBytes);
    long batch = setup.batch(options.batch);
    if (options.batch == null && options.budgetBytes != null && setup.graph.ownBatch().isEmpty()) {
      // No batch was named: answer for the one that the budget recommends.
      LargestBatch largest =
          ledgers.plan(1, budget, setup.trainSize, setup.testSize).largestBatch();
      batch = largest == null ? 1 : largest.recommended();
    }
    Plan plan = ledgers.plan(batch, budget, setup.trainSize, setup.testSize);
    PlanReport report = ledgers.report(plan);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
    }
    return plan.fits() ? Exit.OK : Exit.DOES_NOT_FIT;
  }
}
