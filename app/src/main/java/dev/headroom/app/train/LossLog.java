package dev.headroom.app.train;

import dev.headroom.app.InputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes every step's loss to a CSV file. A run that goes on from a checkpoint drops the lines that
 * were written after it, so that every step stands there once.
 */
public final class LossLog implements Companion {
  private static final String HEADER = "step,epoch,samples,loss";

  private final Path file;
  private @Nullable BufferedWriter out;

  public LossLog(Path file) {
    this.file = file;
  }

  /** Not at the beginning: only then is it known which step a checkpoint leads to. */
  @Override
  public void beforeStep(Running run) {
    if (out == null) {
      open(run);
    }
  }

  private void open(Running run) {
    try {
      List<String> lines = new ArrayList<>();
      lines.add(HEADER);
      if (run.loop.steps() > 0 && Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          if (step(line) >= 1 && step(line) <= run.loop.steps()) {
            lines.add(line);
          }
        }
      }
      Files.write(file, lines);
      out = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new InputException(
          file + " cannot be written: " + CheckpointFolder.reason(e),
          "Name another file for --losses.",
          e);
    }
  }

  private static long step(String line) {
    int comma = line.indexOf(',');
    try {
      return comma < 0 ? -1 : Long.parseLong(line.substring(0, comma));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  @Override
  public void afterStep(Running run, double loss) throws IOException {
    if (out != null) {
      out.write(
          run.loop.steps()
              + ","
              + run.position.epoch
              + ","
              + run.position.samples
              + ","
              + loss
              + "\n");
      // A checkpoint that follows must not know of a step that this file does not.
      out.flush();
    }
  }

  @Override
  public void end(Running run) throws IOException {
    beforeStep(run);
    if (out != null) {
      out.close();
    }
  }
}
