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
import dev.headroom.importers.Weights;
import dev.headroom.ledger.Ledger;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.Safetensors;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
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

  /** Optimizer steps of the whole run. */
  public long steps() {
    long perStep = (long) batch * recipe.accumulate();
    long perEpoch =
        loading.dropLast() ? train.size() / perStep : (train.size() + perStep - 1) / perStep;
    return epochs * perEpoch;
  }

  /**
   * Trains, evaluates after every pass, and saves.
   *
   * @param save where the weights go, or null
   * @throws DivergedException if the loss is no longer a number
   */
  public TrainingResult run(Progress progress, @Nullable Path save) {
    Interrupts.install();
    try (TorchEngine engine = new TorchEngine(backend, seed)) {
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(engine, graph, recipe, FirstValues.of(weights, seed))) {
        Run run = new Run(engine, loop, progress);
        observer.begin(loop, engine);
        for (int epoch = 1; epoch <= epochs && !Interrupts.requested(); epoch++) {
          run.epoch(epoch);
        }
        engine.stopRecording();
        return run.result(save == null ? null : save(save, loop, engine));
      }
    }
  }

  /** Writes the weights; a failure is told with the result, which must not be lost to it. */
  private static @Nullable IOException save(
      Path save, TrainingLoop<Tensor> loop, TorchEngine engine) {
    try {
      Safetensors.write(save, loop.parameters(), engine);
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  /** The state of one run. */
  private final class Run {
    private final TorchEngine engine;
    private final TrainingLoop<Tensor> loop;
    private final Progress progress;
    private final Normalize normalize = Normalize.of(train.format());
    private int finished;
    private double trainLoss;
    private double testLoss = Double.NaN;
    private double testAccuracy = Double.NaN;
    private long trainNanos;
    private long images;
    private @Nullable Ledger measured;

    Run(TorchEngine engine, TrainingLoop<Tensor> loop, Progress progress) {
      this.engine = engine;
      this.loop = loop;
      this.progress = progress;
    }

    void epoch(int epoch) {
      double lossSum = 0;
      long seen = 0;
      long start = System.nanoTime();
      try (BatchSource source = new BatchSource(train, normalize, loading.atEpoch(epoch))) {
        MicroBatches micro = new MicroBatches(source);
        while (micro.hasNext() && !Interrupts.requested()) {
          int size = micro.size();
          loop.iterate(size, micro);
          double loss = engine.scalar(loop.loss()) * recipe.accumulate();
          if (!Double.isFinite(loss)) {
            throw new DivergedException(
                "training diverged: the loss is " + loss + " at step " + loop.iterations(),
                "Try a smaller --lr.");
          }
          lossSum += loss * micro.takenInStep();
          seen += micro.takenInStep();
          if (loop.iterations() == RECORDED) {
            measured = engine.recorded().ledger();
            engine.stopRecording();
          }
          observer.step(loop.iterations(), loss, micro.takenInStep());
          progress.advance(1);
          if (loop.iterations() % SAY_EVERY == 0) {
            progress.say(String.format(Locale.ROOT, "loss %.4f", lossSum / seen));
          }
        }
      }
      trainNanos += System.nanoTime() - start;
      images += seen;
      trainLoss = seen == 0 ? Double.NaN : lossSum / seen;
      if (measured == null) {
        measured = engine.recorded().ledger();
      }
      if (!Interrupts.requested()) {
        finished = epoch;
        evaluate();
      }
    }

    private void evaluate() {
      long[] right = new long[1];
      double[] loss = new double[1];
      try (BatchSource source =
          BatchSource.sequential(test, normalize, Math.min(batch, test.size()))) {
        for (Batch b = source.next(); b != null; b = source.next()) {
          Batch now = b;
          loop.validate(
              now.size(), (x, y) -> fill(now, x, y), (out, y) -> Scores.add(out, y, right, loss));
          source.recycle(b);
        }
      }
      testAccuracy = (double) right[0] / test.size();
      testLoss = loss[0] / test.size();
      observer.evaluated(loop.iterations(), testAccuracy, testLoss);
    }

    TrainingResult result(@Nullable IOException saveFailure) {
      double seconds = trainNanos / 1e9;
      return new TrainingResult(
          finished,
          loop.iterations(),
          trainLoss,
          testLoss,
          testAccuracy,
          seconds,
          images / seconds,
          measured == null ? engine.recorded().ledger() : measured,
          Interrupts.requested(),
          saveFailure);
    }
  }

  private static void fill(Batch from, Tensor x, Tensor y) {
    Values.copy(from.images(), x);
    Values.copy(from.labels(), y);
  }

  /** Hands prepared batches to the loop, one for each micro-batch. */
  private final class MicroBatches implements TrainingLoop.Fill<Tensor> {
    private final BatchSource source;
    private @Nullable Batch next;
    private long taken;
    private int used;

    MicroBatches(BatchSource source) {
      this.source = source;
      next = source.next();
    }

    /** Whether a whole step is left; with accumulation, an incomplete last group is dropped. */
    boolean hasNext() {
      taken = 0;
      return next != null && (recipe.accumulate() == 1 || remaining() >= recipe.accumulate());
    }

    private int remaining() {
      return train.size() / batch - used;
    }

    int size() {
      return next == null ? 0 : next.size();
    }

    long takenInStep() {
      return taken;
    }

    @Override
    public void fill(Tensor x, Tensor y) {
      Batch now = next;
      if (now == null) {
        throw new IllegalStateException("the loop asked for more batches than there are");
      }
      Trainer.fill(now, x, y);
      taken += now.size();
      used++;
      source.recycle(now);
      next = source.next();
    }
  }
}
