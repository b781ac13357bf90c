package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.train.Curves;
import dev.headroom.app.train.NoiseObserver;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a run's curves are written. */
final class CurveOptions {
  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description = "Write an event file for TensorBoard there: losses, accuracy, noise scale.")
  private @Nullable Path tensorboard;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "The same as rows of step, curve, value.")
  private @Nullable Path csv;

  /** Who writes them, or null if nobody asked. */
  @Nullable Curves writer(@Nullable NoiseObserver noise) {
    if (tensorboard == null && csv == null) {
      return null;
    }
    try {
      return new Curves(tensorboard, csv, noise);
    } catch (IOException e) {
      throw new InputException(
          "the curves cannot be written: " + e.getMessage(),
          "Name another place for --tensorboard or --csv.",
          e);
    }
  }
}
