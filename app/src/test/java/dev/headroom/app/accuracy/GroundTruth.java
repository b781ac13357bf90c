package dev.headroom.app.accuracy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What other people measured: beside the checkout, where it is there at all. */
final class GroundTruth {
  private GroundTruth() {}

  /** A file of {@code ../shared/ground-truth}; the test is skipped where it is absent. */
  static Path file(String name) {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path candidate = at.resolve("shared/ground-truth").resolve(name);
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    Assumptions.abort("skipped: ../shared/ground-truth is not beside this checkout");
    throw new AssertionError();
  }
}
