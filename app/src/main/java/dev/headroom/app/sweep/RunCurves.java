package dev.headroom.app.sweep;

import dev.headroom.app.InputException;
import dev.headroom.app.sweep.RunRecord.Look;
import dev.headroom.app.train.EventFile;
import dev.headroom.effect.NoiseScale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The curves of a sweep's runs, for TensorBoard and as CSV. */
public final class RunCurves {
  private RunCurves() {}

  /**
   * Writes one event file per run, each in a folder named after batch and seed. An event's time is
   * now plus the seconds of training before it, so that TensorBoard's relative time is training
   * time.
   *
   * @return the folders
   * @throws InputException if they cannot be written
   */
  public static List<Path> tensorboard(Path folder, Map<RunSettings, RunRecord> runs) {
    List<Path> written = new ArrayList<>();
    for (Map.Entry<RunSettings, RunRecord> run : runs.entrySet()) {
      Path at = folder.resolve("batch-" + run.getKey().batch() + "-seed-" + run.getKey().seed());
      try (EventFile events = EventFile.in(at)) {
        double begin = EventFile.now();
        for (Look look : run.getValue().looks()) {
          double time = begin + look.seconds();
          events.scalar(time, "train/loss", look.step(), look.trainLoss());
          events.scalar(time, "test/accuracy", look.step(), look.accuracy());
          events.scalar(time, "test/loss", look.step(), look.testLoss());
        }
        for (NoiseScale.Estimate e : run.getValue().noise()) {
          if (!Double.isNaN(e.value())) {
            double part = (double) e.step() / run.getValue().steps();
            double seconds = part * run.getValue().looks().getLast().seconds();
            events.scalar(begin + seconds, "train/noise_scale", e.step(), e.value());
          }
        }
      } catch (IOException e) {
        throw cannot(at, "--tensorboard", e);
      }
      written.add(at);
    }
    return written;
  }

  /**
   * Writes one row per look at the test set.
   *
   * @throws InputException if the file cannot be written
   */
  public static void csv(Path file, Map<RunSettings, RunRecord> runs) {
    List<String> rows = new ArrayList<>();
    rows.add("batch,seed,step,seconds,train_loss,test_accuracy,test_loss");
    runs.forEach(
        (settings, run) -> {
          for (Look look : run.looks()) {
            rows.add(
                settings.batch()
                    + ","
                    + settings.seed()
                    + ","
                    + look.step()
                    + ","
                    + look.seconds()
                    + ","
                    + look.trainLoss()
                    + ","
                    + look.accuracy()
                    + ","
                    + look.testLoss());
          }
        });
    try {
      Files.write(file, rows);
    } catch (IOException e) {
      throw cannot(file, "--csv", e);
    }
  }

  private static InputException cannot(Path place, String option, IOException e) {
    return new InputException(
        place + " cannot be written: " + e.getMessage(), "Name another with " + option + ".", e);
  }
}
