package dev.headroom.app.train;

import dev.headroom.app.InputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Writes every step's loss to a CSV file, also over the end of a run and its resumption. */
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
      out = ContinuedCsv.open(file, HEADER, run.loop.steps());
    } catch (IOException e) {
      throw new InputException(
          file + " cannot be written: " + CheckpointFolder.reason(e),
          "Name another file for --losses.",
          e);
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
