package dev.headroom.app.train;

import dev.headroom.effect.NoiseScale;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.TorchEngine;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Writes a run's curves while it goes on: training loss of every step, accuracy and loss on the
 * test set, and the noise scale if it is measured; for TensorBoard, as CSV, or both.
 */
public final class Curves implements StepObserver, AutoCloseable {
  private final @Nullable EventFile events;
  private final @Nullable Path file;
  private @Nullable BufferedWriter csv;
  private final @Nullable NoiseObserver noise;
  private int probes;

  /**
   * Opens the files, so that a place that cannot be written is known before training.
   *
   * @param tensorboard folder for an event file, or null
   * @param csv file for rows of step, curve, value, or null
   * @param noise whose probes are written too, asked before this observer; or null
   */
  public Curves(@Nullable Path tensorboard, @Nullable Path csv, @Nullable NoiseObserver noise)
      throws IOException {
    this.noise = noise;
    this.file = csv;
    if (csv != null) {
      Files.newOutputStream(csv, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    }
    this.events = tensorboard == null ? null : EventFile.in(tensorboard);
  }

  @Override
  public void begin(TrainingLoop<Tensor> loop, TorchEngine engine) {
    if (file != null) {
      try {
        csv = ContinuedCsv.open(file, "step,curve,value", loop.steps());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void step(long step, double loss, long images) {
    put("train/loss", step, loss);
    NoiseObserver at = noise;
    if (at != null && at.whole().probes().size() > probes) {
      probes = at.whole().probes().size();
      NoiseScale.Estimate estimate = at.whole().estimate();
      if (!Double.isNaN(estimate.value())) {
        put("train/noise_scale", step, estimate.value());
      }
    }
  }

  @Override
  public void evaluated(long step, double accuracy, double loss) {
    put("test/accuracy", step, accuracy);
    put("test/loss", step, loss);
    try {
      if (events != null) {
        events.flush();
      }
      if (csv != null) {
        csv.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void put(String curve, long step, double value) {
    try {
      if (events != null) {
        events.scalar(curve, step, value);
      }
      if (csv != null) {
        csv.write(step + "," + curve + "," + value + "\n");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    try (EventFile first = events;
        BufferedWriter second = csv) {
      // Both are closed here, whatever happens to either.
      if (first != null) {
        first.flush();
      }
      if (second != null) {
        second.flush();
      }
    }
  }
}
