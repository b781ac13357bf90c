package dev.headroom.app.train;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A CSV file whose rows begin with a step. A run that goes on from a checkpoint drops the rows that
 * were written after it, so that every step stands there once.
 */
final class ContinuedCsv {
  private ContinuedCsv() {}

  /**
   * Opens it to go on after a step.
   *
   * @param steps steps that are done; 0 begins anew
   */
  static BufferedWriter open(Path file, String header, long steps) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(header);
    if (steps > 0 && Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (step(line) >= 1 && step(line) <= steps) {
          lines.add(line);
        }
      }
    }
    Files.write(file, lines);
    return Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
  }

  private static long step(String line) {
    int comma = line.indexOf(',');
    try {
      return comma < 0 ? -1 : Long.parseLong(line.substring(0, comma));
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
