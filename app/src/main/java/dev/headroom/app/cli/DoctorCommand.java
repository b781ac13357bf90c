package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Table;
import dev.headroom.app.Terminal;
import dev.headroom.data.DataFolders;
import dev.headroom.tensor.Bytes;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What this machine has: Java, platform, memory, engine, data, GPU. */
@Command(
    name = "doctor",
    description = "Engine, platform, data, GPU: what is there, what is missing, what to do.",
    footer = {"", "Example:", "  headroom doctor --data-dir /srv/datasets"})
final class DoctorCommand extends AppCommand {
  private final Supplier<String> engine;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "A folder that holds mnist/, fashion-mnist/ or cifar-10/.")
  private @Nullable Path dataDir;

  /** One line that says which engine was found, or why there is none. */
  DoctorCommand(Supplier<String> engine) {
    this.engine = engine;
  }

  @Override
  protected Exit run(Terminal terminal) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("schema", "headroom/1");
    report.put("java", property("java.version") + ", " + property("java.vendor"));
    report.put("javaHome", property("java.home"));
    report.put("os", property("os.name") + " " + property("os.version"));
    report.put("arch", property("os.arch"));
    report.put("cores", Runtime.getRuntime().availableProcessors());
    long memory = Memory.totalBytes();
    report.put("memoryBytes", memory);
    report.put("engine", engine.get());
    List<DataFolders.Found> found = DataFolders.find(dataDir);
    report.put("data", found);
    report.put("searched", DataFolders.candidates(dataDir));
    NvidiaSmi.Answer gpu = NvidiaSmi.ask();
    report.put("gpus", gpu.gpus());
    if (terminal.wantsJson()) {
      terminal.json(report);
      return Exit.OK;
    }

    Table table = Table.titled("This machine").words("").words("");
    table.row("Java", report.get("java").toString());
    table.row("System", report.get("os") + ", " + report.get("arch"));
    table.row("Processors", report.get("cores") + " cores");
    table.row("Memory", Bytes.format(memory));
    table.row("Engine", engine.get());
    if (gpu.gpus().isEmpty()) {
      table.row("GPU", gpu.reason());
    }
    for (String name : gpu.gpus()) {
      table.row("GPU", name);
    }
    table.print(terminal);
    terminal.println();
    printData(terminal, found);
    return Exit.OK;
  }

  private void printData(Terminal terminal, List<DataFolders.Found> found) {
    Table table = Table.titled("Data").words("").words("");
    table.row("digits, shapes", "built in");
    for (String name : DataFolders.NAMES) {
      String where =
          found.stream()
              .filter(f -> f.name().equals(name))
              .map(f -> f.folder().toString())
              .findFirst()
              .orElse("not found");
      table.row(name, where);
    }
    table.print(terminal);
    if (found.size() < DataFolders.NAMES.size()) {
      terminal.println();
      terminal.println("Looked in:");
      DataFolders.candidates(dataDir).forEach(folder -> terminal.println("  " + folder));
      terminal.println("Name another folder with --data-dir, or set HEADROOM_DATA.");
    }
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }
}
