package dev.headroom.app.train;

import dev.headroom.app.DivergedException;
import dev.headroom.app.Progress;
import dev.headroom.data.Batch;
import dev.headroom.data.BatchSource;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Loading;
import dev.headroom.data.Normalize;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.importers.Weights;
import dev.headroom.ledger.Ledger;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.Safetensors;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.TorchOutOfMemoryException;
import dev.headroom.torch.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Trains a classifier on libtorch. Only this thread allocates tensors, the batch included. */
public final class Trainer {
  /** Iterations whose allocations are recorded: the first, and two of the steady state. */
  public static final int RECORDED = 3;

  private static final int SAY_EVERY = 50;

  private final Graph graph;
  private final Recipe recipe;
  private final int batch;
  private final int epochs;
  private final long seed;
  private final Backend backend;
  private final ImageSet train;
  private final ImageSet test;
  private @Nullable Weights weights;
  private StepObserver observer = StepObserver.NONE;
  private Loading loading;
  private final List<Companion> companions = new ArrayList<>();

  /** Prepares a run; both sets must have the network's input size. */
  public Trainer(
      Graph graph,
      Recipe recipe,
      int batch,
      int epochs,
      long seed,
      Backend backend,
      ImageSet train,
      ImageSet test) {
    this.graph = graph;
    this.recipe = recipe;
    this.batch = batch;
    this.epochs = epochs;
    this.seed = seed;
    this.backend = backend;
    this.train = train;
    this.test = test;
    this.loading = Loading.shuffled(batch, seed, 1);
  }

  /** Has somebody look at every step; once, before {@link #run}. */
  public Trainer observe(StepObserver observer) {
    this.observer = observer;
    return this;
  }

  /** Has batches made in another way than every image once at random; before {@link #run}. */
  public Trainer load(Loading other) {
    loading = other;
    return this;
  }

  /** Begins with the weights that came with a file. */
  public void startFrom(@Nullable Weights given) {
    weights = given;
  }

  /** Adds something that goes along with the run; companions act in the order of adding. */
  public void accompany(Companion companion) {
    companions.add(companion);
  }

  /** Optimizer steps of the whole run. */
  public long steps() {
    long perStep = stepSamples();
    return epochs * ((passSamples() + perStep - 1) / perStep);
  }

  /** Samples that one pass takes: with drop-last, whole steps alone. */
  private int passSamples() {
    return loading.dropLast() ? train.size() - train.size() % stepSamples() : train.size();
  }

  private int stepSamples() {
    return Math.multiplyExact(batch, recipe.accumulate());
  }

  /**
   * Trains, evaluates after every pass, and saves.
   *
   * @param save where the weights go, or null
   * @throws DivergedException if the loss is no longer a number, or far above where it began
   * @throws IOException if a companion fails
   */
  public TrainingResult run(Progress progress, @Nullable Path save) throws IOException {
    Interrupts.install();
    try (TorchEngine engine = new TorchEngine(backend, seed)) {
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(engine, graph, recipe, FirstValues.of(weights, seed))) {
        Running running =
            new Running(engine, loop, graph, companions, stepSamples(), passSamples());
        Run run = new Run(running, progress);
        run.all();
        engine.stopRecording();
        return run.result(save == null ? null : save(save, graph, loop, engine));
      }
    }
  }

  /**
   * Writes what {@code state_dict()} has: weights, and buffers such as batch norm's running
   * statistics. A failure is told with the result, which must not be lost to it.
   */
  private static @Nullable IOException save(
      Path save, Graph graph, TrainingLoop<Tensor> loop, TorchEngine engine) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(loop.evaluated());
    for (Input input : graph.inputs()) {
      Tensor other = loop.buffers().get(input.path());
      if (other != null && input.kind() != Input.Kind.CONSTANT) {
        tensors.put(input.path(), other);
      }
    }
    try {
      Safetensors.write(save, tensors, engine);
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  /** The state of one run. */
  private final class Run {
    private final Running running;
    private final Position position;
    private final TorchEngine engine;
    private final TrainingLoop<Tensor> loop;
    private final Progress progress;
    private final Divergence divergence;
    private final Normalize normalize = Normalize.of(train.format());
    private StepSizes sizes = new StepSizes(stepSamples(), batch);
    private long trainNanos;
    private long images;
    private @Nullable Ledger measured;

    Run(Running running, Progress progress) {
      this.running = running;
      this.position = running.position;
      this.engine = running.engine;
      this.loop = running.loop;
      this.progress = progress;
      this.divergence = new Divergence(running, Trainer.this::lastGoodCheckpoint);
    }

    void all() throws IOException {
      for (Companion companion : companions) {
        companion.begin(running);
      }
      observer.begin(loop, engine);
      progress.advance(loop.steps());
      while (position.epoch <= epochs && !ended()) {
        epoch();
      }
      for (Companion companion : companions) {
        companion.end(running);
      }
    }

    private boolean ended() {
      return Interrupts.requested() || companions.stream().anyMatch(Companion::wantsStop);
    }

    private void epoch() throws IOException {
      long start = System.nanoTime();
      int before = position.samples;
      while (position.samples < passSamples() && !ended()) {
        List<Integer> batches = sizes.all(passSamples() - position.samples);
        Loading rest = loading.atEpoch(position.epoch).rest(position.samples, batches);
        try (BatchSource source = new BatchSource(train, normalize, rest)) {
          boolean same = true;
          while (same && position.samples < passSamples() && !ended()) {
            same = step(source);
          }
        }
      }
      trainNanos += System.nanoTime() - start;
      images += position.samples - before;
      if (measured == null) {
        measured = engine.recorded().ledger();
      }
      if (position.samples == passSamples() && !Interrupts.requested()) {
        evaluate();
        position.nextEpoch();
        for (Companion companion : companions) {
          companion.afterEpoch(running);
        }
      }
    }

    /** One optimizer step; false if it has to be taken again in smaller batches. */
    private boolean step(BatchSource source) throws IOException {
      companions.forEach(companion -> companion.beforeStep(running));
      long[] micro = sizes.next(passSamples() - position.samples);
      StepLoss loss = new StepLoss(micro);
      loop.watchLoss(loss);
      try {
        loop.iterate(micro, (x, y) -> fill(source, x, y));
      } catch (TorchOutOfMemoryException e) {
        AutoBatch auto = companion(AutoBatch.class);
        if (auto == null) {
          throw e;
        }
        sizes = auto.stepDown(running, sizes, e);
        return false;
      }
      position.step((int) loss.samples, loss.mean());
      divergence.checkStep(loss.mean());
      if (loop.iterations() == RECORDED) {
        measured = engine.recorded().ledger();
        engine.stopRecording();
      }
      loop.watchLoss(nothing -> {});
      observer.step(loop.steps(), loss.mean(), loss.samples);
      progress.advance(1);
      if (loop.iterations() % SAY_EVERY == 0) {
        progress.say(String.format(Locale.ROOT, "loss %.4f", position.trainLoss));
      }
      for (Companion companion : companions) {
        companion.afterStep(running, loss.mean());
      }
      return true;
    }

    private void evaluate() {
      long[] right = new long[1];
      double[] loss = new double[1];
      try (BatchSource source =
          BatchSource.sequential(test, normalize, Math.min(sizes.microBatch(), test.size()))) {
        for (Batch b = source.next(); b != null; b = source.next()) {
          Batch now = b;
          loop.validate(
              now.size(),
              (x, y) -> Trainer.fill(now, x, y),
              (out, y) -> Scores.add(out, y, right, loss));
          source.recycle(b);
        }
      }
      position.testAccuracy = (double) right[0] / test.size();
      position.testLoss = loss[0] / test.size();
      observer.evaluated(loop.steps(), position.testAccuracy, position.testLoss);
    }

    TrainingResult result(@Nullable IOException saveFailure) {
      double seconds = trainNanos / 1e9;
      return new TrainingResult(
          position.finished,
          loop.steps(),
          position.trainLoss,
          position.testLoss,
          position.testAccuracy,
          seconds,
          images / seconds,
          measured == null ? engine.recorded().ledger() : measured,
          Interrupts.requested(),
          saveFailure);
    }

    /** Sums the losses of a step's micro-batches, each looked at before backward. */
    private final class StepLoss implements Consumer<Tensor> {
      private final long[] micro;
      private int next;
      private double sum;
      private long samples;

      StepLoss(long[] micro) {
        this.micro = micro;
      }

      @Override
      public void accept(Tensor tensor) {
        double loss = engine.scalar(tensor);
        divergence.check(loss);
        sum += loss * micro[next];
        samples += micro[next++];
      }

      double mean() {
        return sum / samples;
      }
    }
  }

  private @Nullable Path lastGoodCheckpoint() {
    Checkpoints checkpoints = companion(Checkpoints.class);
    return checkpoints == null ? null : checkpoints.newest();
  }

  private <C extends Companion> @Nullable C companion(Class<C> type) {
    for (Companion companion : companions) {
      if (type.isInstance(companion)) {
        return type.cast(companion);
      }
    }
    return null;
  }

  private static void fill(BatchSource source, List<Tensor> x, Tensor y) {
    Batch now = source.next();
    if (now == null) {
      throw new IllegalStateException("the loop asked for more batches than there are");
    }
    fill(now, x, y);
    source.recycle(now);
  }

  private static void fill(Batch from, List<Tensor> x, Tensor y) {
    Values.copy(from.images(), x.getFirst());
    Values.copy(from.labels(), y);
  }
}
