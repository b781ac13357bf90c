package dev.headroom.importers.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The recordings of real GPUs beside the checkout. */
final class Traces {
  private Traces() {}

  static List<Path> all(String ending) throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    Path found = null;
    for (Path at = folder; at != null && found == null; at = at.getParent()) {
      Path candidate = at.resolve("shared/ground-truth/cuda-traces");
      found = Files.isDirectory(candidate) ? candidate : null;
    }
    Assumptions.assumeTrue(
        found != null, "skipped: ../shared/ground-truth/cuda-traces is not beside this checkout");
    try (Stream<Path> files = Files.list(found)) {
      return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
    }
  }

  static Path get(String name) throws IOException {
    return all(name).stream()
        .filter(f -> f.getFileName().toString().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
