package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.data.Datasets;
import dev.headroom.report.CompareReport;
import dev.headroom.zoo.Mlp;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The lesson's closing table. */
@Command(
    name = "compare",
    description = "The same network on grey and on colour images, every figure computed.",
    footer = {"", "Example:", "  headroom compare --budget 8GiB"})
final class CompareCommand extends AppCommand {
  private static final long DEFAULT_BUDGET = 2L << 30;

  @Option(
      names = "--budget",
      paramLabel = "SIZE",
      converter = Values.Size.class,
      description = "What training may use on your device (default 2GiB).")
  private @Nullable Long budgetBytes;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      converter = Values.OptimizerName.class,
      description = "sgd, momentum, adam (default), adamw, rmsprop or adagrad.")
  private String optimizer = "adam";

  @Override
  protected Exit run(Terminal terminal) {
    RecipeOptions options = new RecipeOptions();
    options.optimizer = optimizer;
    CompareReport report =
        new CompareReport(
            side("grey (MNIST)", "mnist"),
            side("colour (CIFAR-10)", "cifar10"),
            options.recipe(false),
            budgetBytes == null ? DEFAULT_BUDGET : budgetBytes);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
    }
    return Exit.OK;
  }

  private static CompareReport.Side side(String title, String data) {
    Datasets.Facts facts = Datasets.facts(data);
    return new CompareReport.Side(
        title,
        facts.format().toString(),
        Mlp.build(facts.format().values(), List.of(128), facts.classes()),
        facts.trainSize());
  }
}
