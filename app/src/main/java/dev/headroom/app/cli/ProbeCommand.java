package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.app.fit.ProbeTraining;
import dev.headroom.engine.Backend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What {@code fit} starts as a child process: it tries every batch that it reads from standard
 * input, one number a line, and writes an answer for each. It ends with its standard input.
 */
@Command(
    name = "probe",
    hidden = true,
    description = "Tries batches under a hard memory limit; fit starts it and asks.",
    footer = {"", "Example:", "  (echo 64; sleep 60) | headroom probe mlp --limit 64MiB"})
final class ProbeCommand extends AppCommand {
  @Parameters(index = "0", paramLabel = "NETWORK", description = "As fit was given it.")
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Option(
      names = "--limit",
      paramLabel = "SIZE",
      required = true,
      converter = Values.Size.class,
      description = {
        "What training may take on top of the idle process; on a GPU, what the allocator may",
        "reserve."
      })
  private long limit;

  @Option(names = "--cuda", description = "On the first GPU that is to be seen.")
  private boolean cuda;

  private final BlockingQueue<Long> batches = new LinkedBlockingQueue<>();

  /** The command line of a probe. */
  static List<String> words(List<String> networkAndOptions, long limitBytes) {
    List<String> words = new ArrayList<>(List.of("probe"));
    words.addAll(networkAndOptions);
    words.addAll(List.of("--json", "--limit", limitBytes + "B"));
    return words;
  }

  @Override
  protected Exit run(Terminal terminal) throws IOException, InterruptedException {
    endWithParent();
    Setup setup = cuda ? new Setup(network, options, true) : Setup.toRun(network, options);
    // What the card is like concerns plans alone; libtorch itself knows.
    Backend backend = cuda ? Backend.cuda(0, 0, 0) : setup.backend;
    ProbeTraining training = new ProbeTraining(setup.graph, setup.recipe, backend);
    while (true) {
      long batch = batches.take();
      long partial = setup.data.trainSize > batch ? setup.data.trainSize % batch : 0;
      terminal.json(training.run(batch, partial, Math.min(batch, setup.data.testSize), limit));
      terminal.flush();
    }
  }

  /** Whatever ends the parent closes its end of standard input. */
  private void endWithParent() {
    Thread.ofPlatform().name("headroom-parent").daemon().start(this::read);
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        batches.add(Long.parseLong(line.strip()));
      }
    } catch (IOException | NumberFormatException e) {
      // The same as its end.
    } finally {
      Runtime.getRuntime().halt(Exit.INTERRUPTED.code());
    }
  }
}
