package dev.headroom.app.sweep;

import dev.headroom.app.sweep.RunRecord.End;
import dev.headroom.app.sweep.RunRecord.Look;
import dev.headroom.app.train.NoiseObserver;
import dev.headroom.app.train.Scores;
import dev.headroom.data.Batch;
import dev.headroom.data.BatchSource;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Normalize;
import dev.headroom.effect.ProbeSchedule;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.plan.PaperTraining;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Trains one network at one batch until it reaches a target, looking at the test set on the way.
 */
public final class Experiment {
  /** Iterations whose allocations are recorded. */
  static final int RECORDED = 3;

  /** Images in a batch of a look; looks are not part of the run's memory figures. */
  private static final int LOOK_BATCH = 256;

  private final Graph graph;
  private final RunSettings settings;
  private final ImageSet train;
  private final ImageSet trainSample;
  private final ImageSet test;
  private final double probeShare;

  /**
   * Prepares a run.
   *
   * @param probeShare images that noise probes may see for each one trained on; 0 for no probes
   */
  public Experiment(
      Graph graph, RunSettings settings, ImageSet train, ImageSet test, double probeShare) {
    this.graph = graph;
    this.settings = settings;
    this.train = train;
    this.trainSample = train.first(test.size() / 2);
    this.test = test;
    this.probeShare = probeShare;
  }

  /**
   * Trains on the calling thread.
   *
   * @param looked told of every look at the test set
   * @param stop asked after every step
   */
  public RunRecord run(Consumer<Look> looked, BooleanSupplier stop) {
    try (TorchEngine engine = new TorchEngine(settings.backend(), settings.seed());
        NoiseObserver noise = noise()) {
      SplittableRandom random = new SplittableRandom(settings.seed());
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(
              engine,
              graph,
              settings.recipe(),
              (in, t) -> Values.initialize(in.init(), t, random))) {
        if (noise != null) {
          noise.begin(loop, engine);
        }
        return new Run(engine, loop, noise, looked, stop).run();
      }
    }
  }

  private @Nullable NoiseObserver noise() {
    return probeShare == 0
        ? null
        : new NoiseObserver(
            train,
            settings.batch(),
            ProbeSchedule.smallBatch(settings.batch()),
            probeShare,
            settings.seed());
  }

  /** The state of one run. */
  private final class Run {
    private final TorchEngine engine;
    private final TrainingLoop<Tensor> loop;
    private final @Nullable NoiseObserver noise;
    private final Consumer<Look> looked;
    private final BooleanSupplier stop;
    private final Normalize normalize = Normalize.of(train.format());
    private final Stopwatch watch = new Stopwatch();
    private final List<Double> losses = new ArrayList<>();
    private final List<Look> looks = new ArrayList<>();
    private @Nullable Ledger measured;
    private long images;
    private long lookedAt;
    private double lossSum;

    Run(
        TorchEngine engine,
        TrainingLoop<Tensor> loop,
        @Nullable NoiseObserver noise,
        Consumer<Look> looked,
        BooleanSupplier stop) {
      this.engine = engine;
      this.loop = loop;
      this.noise = noise;
      this.looked = looked;
      this.stop = stop;
    }

    RunRecord run() {
      End end = End.MISSED;
      for (int epoch = 1; epoch <= settings.epochs() && end == End.MISSED; epoch++) {
        try (BatchSource source =
            BatchSource.shuffled(train, normalize, settings.batch(), settings.seed(), epoch)) {
          for (Batch b = source.next(); b != null && end == End.MISSED; b = source.next()) {
            end = step(b);
            source.recycle(b);
          }
        }
      }
      return record(end);
    }

    private End step(Batch batch) {
      loop.setLearningRate(
          settings.recipe().learningRate()
              * Math.min(1, (loop.iterations() + 1.0) / Math.max(1, settings.warmUp())));
      watch.start();
      loop.iterate(batch.size(), (x, y) -> fill(batch, x, y));
      double loss = engine.scalar(loop.loss());
      watch.stop();
      if (loop.iterations() == RECORDED) {
        measured = engine.recorded().ledger();
        engine.stopRecording();
      }
      if (!Double.isFinite(loss)) {
        return End.DIVERGED;
      }
      losses.add(loss);
      images += batch.size();
      lossSum += loss * batch.size();
      if (noise != null) {
        noise.step(loop.iterations(), loss, batch.size());
      }
      if (images - lookedAt >= settings.lookEvery()) {
        Look look = look();
        if (look.accuracy() >= settings.target()) {
          return End.ARRIVED;
        }
      }
      return stop.getAsBoolean() ? End.STOPPED : End.MISSED;
    }

    private Look look() {
      double[] score = evaluate(test);
      Look look =
          new Look(
              loop.iterations(),
              settings.backend().threads() == 1 ? watch.cpuSeconds() : watch.seconds(),
              lossSum / Math.max(1, images - lookedAt),
              score[0],
              score[1]);
      lookedAt = images;
      lossSum = 0;
      looks.add(look);
      looked.accept(look);
      return look;
    }

    /** Accuracy and mean loss. */
    private double[] evaluate(ImageSet set) {
      long[] right = new long[1];
      double[] loss = new double[1];
      try (BatchSource source =
          BatchSource.sequential(set, normalize, Math.min(LOOK_BATCH, set.size()))) {
        for (Batch b = source.next(); b != null; b = source.next()) {
          Batch now = b;
          loop.validate(
              now.size(), (x, y) -> fill(now, x, y), (out, y) -> Scores.add(out, y, right, loss));
          source.recycle(b);
        }
      }
      return new double[] {(double) right[0] / set.size(), loss[0] / set.size()};
    }

    private RunRecord record(End end) {
      if (end != End.DIVERGED && (looks.isEmpty() || looks.getLast().step() < loop.iterations())) {
        look();
      }
      double accuracy = looks.isEmpty() ? Double.NaN : looks.getLast().accuracy();
      Ledger real = measured == null ? engine.recorded().ledger() : measured;
      int iterations = Math.min(RECORDED, loop.iterations());
      List<Long> batches = Collections.nCopies(iterations, (long) settings.batch());
      return new RunRecord(
          end,
          loop.iterations(),
          images,
          watch.seconds(),
          watch.cpuSeconds(),
          accuracy,
          noiseOf(losses),
          end == End.DIVERGED ? Double.NaN : evaluate(trainSample)[0] - accuracy,
          new Timeline(
                  PaperTraining.ledger(graph, settings.recipe(), settings.backend(), batches, 0))
              .peak()
              .liveBytes(),
          new Timeline(real).peak().liveBytes(),
          looks,
          noise == null ? List.of() : noise.whole().history());
    }
  }

  private static void fill(Batch from, List<Tensor> x, Tensor y) {
    Values.copy(from.images(), x.getFirst());
    Values.copy(from.labels(), y);
  }

  /** Root mean square of the differences of neighbours, over the second half. */
  static double noiseOf(List<Double> losses) {
    double sum = 0;
    int count = 0;
    for (int i = losses.size() / 2 + 1; i < losses.size(); i++) {
      double difference = losses.get(i) - losses.get(i - 1);
      sum += difference * difference;
      count++;
    }
    return count == 0 ? Double.NaN : Math.sqrt(sum / count);
  }

  /** Adds up time by the clock and processor time of this thread. */
  private static final class Stopwatch {
    private long nanos;
    private long cpuNanos;
    private long startedAt;
    private long cpuStartedAt;

    void start() {
      cpuStartedAt = cpu();
      startedAt = System.nanoTime();
    }

    void stop() {
      nanos += System.nanoTime() - startedAt;
      cpuNanos += cpu() - cpuStartedAt;
    }

    private static long cpu() {
      return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    double seconds() {
      return nanos / 1e9;
    }

    double cpuSeconds() {
      return cpuNanos / 1e9;
    }
  }
}
