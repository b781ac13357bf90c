package dev.headroom.app.watch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** RAM of processes, from /proc: of one and its descendants, or of the whole machine. */
public final class ProcessSource implements Source {
  private static final Path PROC = Path.of("/proc");
  private static final long KIB = 1024;
  private static final int SHOWN = 5;

  private final @Nullable ProcessHandle root;

  private ProcessSource(@Nullable ProcessHandle root) {
    this.root = root;
  }

  /** A process with all that it started. */
  public static ProcessSource of(ProcessHandle root) {
    return new ProcessSource(root);
  }

  /** All processes together. */
  public static ProcessSource machine() {
    return new ProcessSource(null);
  }

  @Override
  public List<Sample> read() throws IOException {
    if (!Files.isDirectory(PROC.resolve("self"))) {
      throw new IOException("this system has no /proc to read the memory of processes from");
    }
    List<String> machine = Files.readAllLines(PROC.resolve("meminfo"));
    long total = kib(machine, "MemTotal:");
    ProcessHandle process = root;
    if (process == null) {
      List<Sample.Use> all = uses(ProcessHandle.allProcesses());
      return List.of(
          new Sample("memory", total - kib(machine, "MemAvailable:"), total, first(all)));
    }
    List<Sample.Use> tree = uses(Stream.concat(Stream.of(process), process.descendants()));
    long used = 0;
    for (Sample.Use use : tree) {
      used += use.bytes() == null ? 0 : use.bytes();
    }
    return List.of(new Sample("process " + process.pid(), used, total, first(tree)));
  }

  private static List<Sample.Use> first(List<Sample.Use> uses) {
    return uses.subList(0, Math.min(SHOWN, uses.size()));
  }

  /** The largest first; a process that ends meanwhile is left out. */
  private static List<Sample.Use> uses(Stream<ProcessHandle> processes) {
    List<Sample.Use> out = new ArrayList<>();
    processes.forEach(
        process -> {
          try {
            List<String> status =
                Files.readAllLines(PROC.resolve(Long.toString(process.pid())).resolve("status"));
            String name = status.getFirst().replaceFirst("^Name:\\s*", "");
            out.add(new Sample.Use(process.pid(), name, kib(status, "VmRSS:")));
          } catch (IOException | NumberFormatException e) {
            // It has ended.
          }
        });
    out.sort(Comparator.comparingLong((Sample.Use use) -> use.bytes() == null ? 0 : -use.bytes()));
    return out;
  }

  private static long kib(List<String> lines, String field) {
    for (String line : lines) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", "")) * KIB;
      }
    }
    return 0; // a process of the kernel has no memory of its own
  }
}
