package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Main;
import dev.headroom.app.Terminal;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the short commands once and throws their output away: what the launcher records for the
 * JVM's ahead-of-time cache, so that their classes come loaded and linked. A line that fails does
 * no harm.
 */
@Command(
    name = "warm-up",
    hidden = true,
    description = "Runs the short commands once, for the launcher's start-up cache.",
    footer = {"", "Example:", "  headroom warm-up"})
final class WarmUpCommand extends AppCommand {
  private static final String[] LINES = {
    "--help",
    "--version",
    "--version --json",
    "doctor --json",
    "doctor",
    "plan --help",
    "plan mlp --optimizer adam --batch 64",
    "plan cnn --input 1x28x28 --batch 64 --json",
    "describe lenet --input 1x28x28",
    "data digits",
    "compare",
    "plan --no-such-option"
  };

  private static final String[] TRAINING = {
    "train mlp --data digits --quiet", "train mlp --data digits --optimizer-impl fused --json",
  };

  @Option(names = "--training", description = "Run a short training instead.")
  private boolean training;

  @Override
  protected Exit run(Terminal terminal) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    for (String line : training ? TRAINING : LINES) {
      var _ = Main.run(line.split(" "), nowhere, nowhere);
    }
    return Exit.OK;
  }
}
