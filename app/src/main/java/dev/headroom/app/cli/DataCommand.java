package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.app.UsageException;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Pictures;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Images as a network sees them. */
@Command(
    name = "data",
    description = "Shape, dtype and range before and after the transforms, classes, a picture.",
    footer = {
      "",
      "Example:",
      "  headroom data digits --index 7",
      "  headroom data cifar10 --grid 64 --png grid.png"
    })
final class DataCommand extends AppCommand {
  @Parameters(
      index = "0",
      paramLabel = "DATA",
      description = "digits, shapes (built in), mnist, fashion-mnist or cifar10.")
  private String data = "digits";

  @Option(names = "--index", paramLabel = "N", description = "Which image, from 0 (default 0).")
  private int index;

  @Option(
      names = "--grid",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "With --png: the first N images from --index on, side by side.")
  private @Nullable Integer grid;

  @Option(names = "--png", paramLabel = "FILE", description = "Write the picture to a file.")
  private @Nullable Path png;

  @Option(names = "--test", description = "The test images instead of the training images.")
  private boolean test;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "A folder that holds mnist/, fashion-mnist/, cifar-10/.")
  private @Nullable Path dataDir;

  @Override
  protected Exit run(Terminal terminal) {
    if (grid != null && png == null) {
      throw new UsageException("--grid draws into a file", "Add --png FILE.");
    }
    ImageSet set = Datasets.open(data, dataDir, test ? Datasets.Split.TEST : Datasets.Split.TRAIN);
    if (index < 0 || index >= set.size()) {
      throw new UsageException(
          "--index is " + index + ", but " + data + " has " + set.size() + " images",
          "Use 0 to " + (set.size() - 1) + ".");
    }
    DataReport report = new DataReport(set, index);
    if (png != null) {
      if (grid == null) {
        Pictures.png(set, index, png);
      } else {
        int end = (int) Math.min(set.size(), (long) index + grid);
        Pictures.gridPng(set, IntStream.range(index, end).boxed().toList(), png);
      }
      terminal.note("wrote " + png);
    }
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
      terminal.println();
      Pictures.terminal(set, index, terminal.ansi().on()).forEach(terminal::println);
    }
    return Exit.OK;
  }
}
