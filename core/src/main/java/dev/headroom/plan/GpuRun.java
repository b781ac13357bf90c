package dev.headroom.plan;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.allocator.CachingAllocator;
import dev.headroom.allocator.SegmentSource;
import dev.headroom.allocator.Snapshot;
import dev.headroom.device.Device;
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

  /**
   * Runs it.
   *
   * @param batch micro-batch size
   * @param samples size of the data set: gives the steps of an epoch and its last, partial batch; 0
   *     if unknown: all batches are full
   * @param limitBytes what the allocator may reserve
   * @param everyStep whether the ledger shall hold every step that the allocator saw, also those
   *     that ask for the same as the one before
   */
  public static GpuRun of(
      Graph graph,
      Recipe recipe,
      LoopDescription program,
      Device device,
      AllocatorSettings settings,
      long batch,
      long samples,
      long limitBytes,
      boolean everyStep) {
    LedgerWriter writer = new LedgerWriter();
    PaperEngine engine = new PaperEngine(writer, device.backend());
    CachingAllocator allocator =
        new CachingAllocator(
            settings, SegmentSource.descending(), limitBytes, device.memoryBytes());
    AllocatorFeed feed = new AllocatorFeed(allocator, writer);
    TrainingLoop<PaperTensor> loop =
        new TrainingLoop<>(
            engine, graph, recipe, Target.of(graph, recipe), (input, tensor) -> {}, true);
    if (program.lookBatch() > 0) {
      loop.lookAt(program.lookBatch());
    }
    boolean ends = program.fails(graph);
    long perStep = Math.multiplyExact(batch, (long) recipe.accumulate());
    long full = samples == 0 ? UNKNOWN_STEPS : samples / perStep;
    long partial = samples == 0 ? 0 : samples % perStep / recipe.accumulate();
    if (ends) {
      loop.failInLoss(full > 0 ? batch : partial, (x, y) -> {});
      feed.advance();
    } else if (feed.advance()) {
      new Epochs(loop, feed, everyStep).run(program.epochs(), full, batch, partial);
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

  /** Repeats steps until they leave the allocator as they found it. */
  private record Epochs(TrainingLoop<PaperTensor> loop, AllocatorFeed feed, boolean everyStep) {
    void run(int epochs, long full, long batch, long partial) {
      Map<Long, Integer> ends = new HashMap<>();
      for (int epoch = 0; epoch < epochs; epoch++) {
        if (!steps(full, batch) || (partial > 0 && !step(partial))) {
          return;
        }
        if (ends.put(feed.state(), epoch) != null) {
          return;
        }
      }
    }

    /** Full batches; once a state comes back, whole rounds are left out. */
    private boolean steps(long count, long batch) {
      Map<Long, Long> seen = new HashMap<>();
      boolean steady = false;
      for (long done = 0; done < count; ) {
        if (steady ? !feed.repeat() : !step(batch)) {
          return false;
        }
        done++;
        // Two steps of this batch, so that the one before was no other.
        steady = steady || (!everyStep && done >= 2 && feed.isSteady());
        Long before = seen.put(feed.state(), done);
        if (before != null) {
          long round = done - before;
          done += (count - done) / round * round;
          seen.clear();
        }
      }
      return true;
    }

    private boolean step(long batch) {
      loop.iterate(batch, (x, y) -> {});
      return feed.advance();
    }
  }
}
