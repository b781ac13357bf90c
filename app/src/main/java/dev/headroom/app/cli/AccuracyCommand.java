package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Choice;
import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Terminal;
import dev.headroom.app.accuracy.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Holds predictions against measurements, and writes docs/accuracy.md. */
@Command(
    name = "accuracy",
    description = "Holds predictions against what was measured; writes docs/accuracy.md.",
    footer = {"", "Example:", "  headroom accuracy --output docs/accuracy.md"})
final class AccuracyCommand extends AppCommand {
  @Option(
      names = "--shared",
      paramLabel = "DIR",
      description = "The folder that holds ground-truth/ (default: shared beside the checkout).")
  private @Nullable Path shared;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Write the page there; left out, it is printed.")
  private @Nullable Path output;

  @Option(
      names = "--no-probes",
      description = "Leave out what is measured on this machine, which takes minutes.")
  private boolean noProbes;

  @Option(
      names = "--section",
      paramLabel = "NAME",
      converter = Name.class,
      description =
          "This section alone: cpu, limits, targets, cuda, cnn, traces, runs, peers or largestBatches.")
  private @Nullable String only;

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    Path data = shared == null ? find() : shared;
    if (!Files.isDirectory(data.resolve("ground-truth"))) {
      throw new InputException(
          data + " holds no folder ground-truth", "Say where it is with --shared.");
    }
    List<String> page = new ArrayList<>();
    page.add("# Accuracy");
    page.add("");
    page.add("Written by `headroom accuracy`; every figure is computed.");
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("schema", "headroom/1");
    for (Section section : Section.all()) {
      if (only == null ? noProbes && section.measuresThisMachine() : !only.equals(section.name())) {
        continue;
      }
      Section.Result result = section.compute(data, terminal);
      page.add("");
      page.addAll(result.markdown());
      json.put(section.name(), result.json());
    }
    if (output != null) {
      Files.writeString(output, String.join("\n", page) + "\n");
      terminal.note("wrote " + output);
    }
    if (terminal.wantsJson()) {
      terminal.json(json);
    } else if (output == null) {
      page.forEach(terminal::println);
    }
    return Exit.OK;
  }

  /** A section's name. */
  static final class Name extends Choice {
    Name() {
      super(Section.all().stream().map(Section::name).toArray(String[]::new));
    }
  }

  private static Path find() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path candidate = at.resolve("shared");
      if (Files.isDirectory(candidate.resolve("ground-truth"))) {
        return candidate;
      }
    }
    return Path.of("..", "shared");
  }
}
