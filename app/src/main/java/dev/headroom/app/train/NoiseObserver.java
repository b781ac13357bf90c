package dev.headroom.app.train;

import dev.headroom.data.Batch;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Normalize;
import dev.headroom.data.RandomBatches;
import dev.headroom.effect.NoiseScale;
import dev.headroom.effect.ProbeSchedule;
import dev.headroom.loop.GradientNoise;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Measures the gradient noise scale while a run goes on, within a share of its examples. */
public final class NoiseObserver implements StepObserver, AutoCloseable {
  private final ProbeSchedule schedule;
  private final RandomBatches batches;
  private final NoiseScale whole = new NoiseScale();
  private final Map<String, NoiseScale> modules = new LinkedHashMap<>();
  private @Nullable GradientNoise<Tensor> noise;
  private @Nullable TrainingLoop<Tensor> loop;
  private double latest = Double.NaN;
  private long nanos;

  /**
   * Prepares probes.
   *
   * @param batch images of one training step
   * @param small images in a small batch, see {@link ProbeSchedule#smallBatch}
   * @param share images that probes may see for each one trained on
   */
  public NoiseObserver(ImageSet train, long batch, long small, double share, long seed) {
    schedule = new ProbeSchedule(batch, small, share);
    batches =
        new RandomBatches(train, Normalize.of(train.format()), (int) schedule.small(), seed + 1);
  }

  @Override
  public void begin(TrainingLoop<Tensor> loop, TorchEngine engine) {
    noise = new GradientNoise<>(engine, loop, engine::scalar);
    this.loop = loop;
  }

  @Override
  public void step(long step, double loss, long images) {
    schedule.trained();
    int count = schedule.due(latest);
    if (count > 0) {
      schedule.probed(count);
      probe(count);
    }
  }

  /** Takes a probe of so many small batches now, whatever the schedule says. */
  public NoiseScale.Estimate probe(int count) {
    GradientNoise<Tensor> at = noise;
    TrainingLoop<Tensor> training = loop;
    if (at == null || training == null) {
      throw new IllegalStateException("no run has begun");
    }
    long start = System.nanoTime();
    // Training goes on as if nobody had looked: running statistics and dropout's draws too.
    ForwardState before = ForwardState.of(training);
    GradientNoise.Measured measured = at.measure(schedule.small(), count, this::fill);
    before.putBack(training);
    whole.add(measured.all());
    measured
        .byModule()
        .forEach((m, probe) -> modules.computeIfAbsent(m, k -> new NoiseScale()).add(probe));
    NoiseScale.Estimate estimate = whole.estimate();
    latest = estimate.value();
    nanos += System.nanoTime() - start;
    return estimate;
  }

  private void fill(List<Tensor> x, Tensor y) {
    Batch batch = batches.next();
    Values.copy(batch.images(), x.getFirst());
    Values.copy(batch.labels(), y);
  }

  /** The scale over all parameters. */
  public NoiseScale whole() {
    return whole;
  }

  /** The scale of each module's parameters, by its path. */
  public Map<String, NoiseScale> modules() {
    return modules;
  }

  /** Time spent in probes, in seconds. */
  public double seconds() {
    return nanos / 1e9;
  }

  @Override
  public void close() {
    batches.close();
  }
}
