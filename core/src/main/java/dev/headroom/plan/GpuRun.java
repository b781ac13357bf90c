package dev.headroom.plan;

import dev.headroom.allocator.CachingAllocator;
import dev.headroom.allocator.SegmentSource;
import dev.headroom.allocator.Snapshot;
import dev.headroom.device.Device;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.loop.LoopDescription;
import dev.headroom.loop.Target;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.recipe.Recipe;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole program on a GPU, on paper: its ledger put through the caching allocator, epoch after
 * epoch, until segments stop growing.
 *
 * @param ledger all that was replayed; iterations that only repeat are left out
 * @param steps iterations of the first epoch
 * @param peakAllocatedBytes most bytes of blocks, as rounded
 * @param peakReservedBytes most bytes of segments
 * @param reservedAt what made the segments grow last
 * @param end segments and blocks at the end
 * @param failedAt the request that found no memory, or null
 * @param failedBytes bytes that it asked for
 * @param endsInLoss whether the program raises an error in its first loss
 */
public record GpuRun(
    Ledger ledger,
    long steps,
    long peakAllocatedBytes,
    long peakReservedBytes,
    Ledger.Span reservedAt,
    Snapshot end,
    Ledger.@Nullable Span failedAt,
    long failedBytes,
    boolean endsInLoss) {

  /** Whether every request was satisfied. */
  public boolean fits() {
    return failedAt == null;
  }

  /** Runs it on a card whose allocator may reserve so much. */
  public static GpuRun of(GpuQuestion question, long batch, long limitBytes) {
    return of(question, target(question), batch, limitBytes, false, false);
  }

  /** What the loss holds the output against: to be found once for many runs. */
  static Target target(GpuQuestion question) {
    return Target.of(question.graph(), question.recipe());
  }

  /**
   * Runs it.
   *
   * @param target as found for this question
   * @param batch micro-batch size
   * @param limitBytes what the allocator may reserve
   * @param workspaces {@link Backend#libraryWorkspaces}
   * @param everyStep whether the ledger shall hold every step that the allocator saw, also those
   *     that ask for the same as the one before
   */
  static GpuRun of(
      GpuQuestion question,
      Target target,
      long batch,
      long limitBytes,
      boolean workspaces,
      boolean everyStep) {
    return of(question, target, batch, limitBytes, Long.MAX_VALUE, workspaces, everyStep);
  }

  /**
   * The same, ended as if no memory were found as soon as more is reserved than is worth knowing.
   *
   * @param mostBytes what may be reserved for the answer to matter
   */
  static GpuRun of(
      GpuQuestion question,
      Target target,
      long batch,
      long limitBytes,
      long mostBytes,
      boolean workspaces,
      boolean everyStep) {
    Graph graph = question.graph();
    Recipe recipe = question.recipe();
    LoopDescription program = question.program();
    Device device = question.device();
    long samples = question.samples();
    LedgerWriter writer = new LedgerWriter();
    Backend backend = device.backend().withLibraryWorkspaces(workspaces);
    PaperEngine engine = new PaperEngine(writer, backend);
    CachingAllocator allocator =
        new CachingAllocator(
            question.settings(), SegmentSource.descending(), limitBytes, device.totalMemoryBytes());
    AllocatorFeed feed = new AllocatorFeed(allocator, writer, mostBytes);
    TrainingLoop<PaperTensor> loop =
        new TrainingLoop<>(engine, graph, recipe, target, (input, tensor) -> {}, true);
    if (program.lookBatch() > 0) {
      loop.lookAt(program.lookBatch());
    }
    if (!everyStep) {
      loop.endPasses(feed::passes);
    }
    boolean ends = program.fails(graph);
    long perStep = Math.multiplyExact(batch, (long) recipe.accumulate());
    long full = samples == 0 ? UNKNOWN_STEPS : samples / perStep;
    long partial = samples == 0 ? 0 : samples % perStep / recipe.accumulate();
    if (ends) {
      loop.failInLoss(full > 0 ? batch : partial, (x, y) -> {});
      feed.advance();
    } else if (feed.advance()) {
      new Epochs(loop, feed, everyStep, question.testSamples(), samples == 0)
          .run(program.epochs(), full, batch, partial);
    }
    Ledger ledger = writer.ledger();
    boolean failed = feed.failedEvent() >= 0;
    return new GpuRun(
        ledger,
        full + (partial > 0 ? 1 : 0),
        feed.peakAllocatedBytes(),
        feed.peakReservedBytes(),
        ledger.span(Math.max(0, feed.peakEvent())),
        allocator.snapshot(),
        failed ? ledger.span(feed.failedEvent()) : null,
        failed ? ledger.delta(feed.failedEvent()) : 0,
        ends);
  }

  /** Enough for every loop that was tried to come to rest. */
  private static final long UNKNOWN_STEPS = 100;

  /**
   * Steps in a row without a new segment after which the rest of an epoch is left out. In 80 loops
   * of 8 networks the last segment came in step 4 at the latest; in the 3,000 runs of {@code
   * headroom accuracy}, whose epochs end in a smaller batch, 10 would be wrong for 4 of them.
   */
  private static final int QUIET_STEPS = 10;

  private static final int QUIET_STEPS_OF_KNOWN = 100;

  /** Repeats steps until they leave the allocator as they found it. */
  private record Epochs(
      TrainingLoop<PaperTensor> loop,
      AllocatorFeed feed,
      boolean everyStep,
      long testSamples,
      boolean openEnded) {
    void run(int epochs, long full, long batch, long partial) {
      Map<Long, Integer> ends = new HashMap<>();
      for (int epoch = 0; epoch < epochs; epoch++) {
        if (!steps(full, batch) || (partial > 0 && !step(partial)) || !validation(batch)) {
          return;
        }
        if (openEnded && testSamples == 0) {
          return;
        }
        if (ends.put(feed.state(), epoch) != null) {
          return;
        }
      }
    }

    /** Full batches; once a state comes back, whole rounds are left out. */
    private boolean steps(long count, long batch) {
      Rounds rounds = new Rounds();
      boolean steady = false;
      long quiet = 0;
      long enough = everyStep ? count : openEnded ? QUIET_STEPS : QUIET_STEPS_OF_KNOWN;
      for (long done = 0; done < count && quiet <= enough; ) {
        long segments = feed.segments();
        if (steady ? !feed.repeat() : !step(batch)) {
          return false;
        }
        done++;
        quiet = feed.segments() == segments ? quiet + 1 : 0;
        // Two steps of this batch, so that the one before was no other.
        steady = steady || (!everyStep && done >= 2 && feed.isSteady());
        done = rounds.skip(feed.state(), done, count);
      }
      return true;
    }

    /** Batches of the same size, and what is left over. */
    private boolean validation(long batch) {
      long rest = testSamples % batch;
      return (testSamples < batch || validate(batch)) && (rest == 0 || validate(rest));
    }

    private boolean validate(long batch) {
      loop.validate(batch, (x, y) -> {}, (output, labels) -> {});
      return feed.advance();
    }

    private boolean step(long batch) {
      loop.iterate(batch, (x, y) -> {});
      return feed.advance();
    }
  }
}
