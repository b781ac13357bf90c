package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.report.DescribeReport;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A network layer by layer. */
@Command(
    name = "describe",
    description = "Layers, shapes, parameters, bytes.",
    footer = {
      "",
      "Example:",
      "  headroom describe mlp --data mnist",
      "  headroom describe resnet50 --input 3x224x224"
    })
final class DescribeCommand extends AppCommand {
  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "Whose images it takes: digits, shapes, mnist, fashion-mnist, cifar10.")
  private @Nullable String data;

  @Option(
      names = "--input",
      paramLabel = "SHAPE",
      converter = Values.InputShape.class,
      description = "Shape of one sample instead of --data, such as 3x32x32.")
  private @Nullable List<Integer> input;

  @Mixin private final ZooOptions zoo = new ZooOptions();

  @Override
  protected Exit run(Terminal terminal) {
    RecipeOptions options = new RecipeOptions();
    options.data = data;
    options.input = input;
    options.zoo = zoo;
    DescribeReport report = new DescribeReport(new Setup(network, options).graph);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
    }
    return Exit.OK;
  }
}
