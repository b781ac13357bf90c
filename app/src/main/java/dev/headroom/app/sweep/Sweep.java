package dev.headroom.app.sweep;

import dev.headroom.app.Progress;
import dev.headroom.app.sweep.RunRecord.End;
import dev.headroom.app.train.Interrupts;
import dev.headroom.data.ImageSet;
import dev.headroom.effect.ProbeSchedule;
import dev.headroom.graph.Graph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Carries out the runs of a sweep that the history does not hold yet. */
public final class Sweep {
  private final Graph graph;
  private final ImageSet train;
  private final ImageSet test;
  private final History history;
  private final long probedSeed;
  private int remembered;

  /**
   * Prepares runs of a network on a set.
   *
   * @param probedSeed runs with this seed measure the noise scale
   */
  public Sweep(Graph graph, ImageSet train, ImageSet test, History history, long probedSeed) {
    this.probedSeed = probedSeed;
    this.graph = graph;
    this.train = train;
    this.test = test;
    this.history = history;
  }

  /** Runs that the history held already, after {@link #run}. */
  public int remembered() {
    return remembered;
  }

  /**
   * Runs what is missing. Stopped by the user, it gives the runs that had ended; the one at hand is
   * not among them.
   *
   * @param all settings of every run
   * @param parallel runs at once; memory and cores must allow it
   */
  public Map<RunSettings, RunRecord> run(List<RunSettings> all, int parallel, Progress progress)
      throws InterruptedException {
    Interrupts.install();
    Map<RunSettings, RunRecord> done = new LinkedHashMap<>();
    List<RunSettings> missing = new ArrayList<>();
    for (RunSettings settings : all) {
      Optional<RunRecord> known = history.find(settings);
      if (known.isPresent()) {
        done.put(settings, known.get());
        progress.advance(1);
      } else {
        missing.add(settings);
      }
    }
    remembered = done.size();
    // One thread makes and frees each run's tensors; with one at a time that is a pool of one.
    try (ExecutorService pool = Executors.newFixedThreadPool(parallel)) {
      Map<RunSettings, Future<RunRecord>> started = new LinkedHashMap<>();
      for (RunSettings settings : missing) {
        started.put(settings, pool.submit(() -> run(settings, progress)));
      }
      try {
        for (Map.Entry<RunSettings, Future<RunRecord>> entry : started.entrySet()) {
          RunRecord record = entry.getValue().get();
          if (record.end() != End.STOPPED) {
            done.put(entry.getKey(), record);
          }
        }
      } catch (ExecutionException e) {
        pool.shutdownNow();
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
    return done;
  }

  private RunRecord run(RunSettings settings, Progress progress) {
    // The noise scale is a property of the way, not of a seed: one seed per batch measures it.
    double share = settings.seed() == probedSeed ? ProbeSchedule.SHARE : 0;
    RunRecord record =
        new Experiment(graph, settings, train, test, share)
            .run(
                look ->
                    progress.say(
                        String.format(
                            Locale.ROOT,
                            "batch %d: %.1f %%",
                            settings.batch(),
                            100 * look.accuracy())),
                Interrupts::requested);
    if (record.end() != End.STOPPED) {
      history.add(settings, record);
      progress.advance(1);
    }
    return record;
  }
}
