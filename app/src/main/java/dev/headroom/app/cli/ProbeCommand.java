package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.app.fit.ProbeTraining;
import java.io.IOException;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code fit} starts as a child process for every batch that it tries. */
@Command(
    name = "probe",
    hidden = true,
    description = "Tries one batch under a hard memory limit and ends; fit starts it.",
    footer = {"", "Example:", "  headroom probe mlp --batch 64 --limit 64MiB < /dev/zero"})
final class ProbeCommand extends AppCommand {
  @Parameters(index = "0", paramLabel = "NETWORK", description = "As fit was given it.")
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Option(
      names = "--limit",
      paramLabel = "SIZE",
      required = true,
      converter = Values.Size.class,
      description = "What training may take on top of the idle process.")
  private long limit;

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    endWithParent();
    Setup setup = Setup.toRun(network, options);
    long batch = Objects.requireNonNullElse(options.batch, PlanCommand.DEFAULT_BATCH);
    long partial = setup.trainSize > batch ? setup.trainSize % batch : 0;
    terminal.json(
        new ProbeTraining(setup.graph, setup.recipe, setup.backend)
            .run(batch, partial, Math.min(batch, setup.testSize), limit));
    return Exit.OK;
  }

  /** Whatever ends the parent closes its end of standard input. */
  private static void endWithParent() {
    Thread.ofPlatform()
        .name("headroom-parent")
        .daemon()
        .start(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // What it says does not matter.
                }
              } catch (IOException e) {
                // The same as its end.
              }
              Runtime.getRuntime().halt(Exit.INTERRUPTED.code());
            });
  }
}
