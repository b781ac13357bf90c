package dev.headroom.plan;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Peak;
import dev.headroom.ledger.Recording;
import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.ledger.Timeline;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Makes plans: runs the whole loop on paper and reads the answer off its ledger. */
public final class Planner {
  /**
   * Gradients and optimizer state exist from the second iteration on; the third proves it steady.
   */
  private static final int STEADY = 2;

  /** At how many batches between two bounds the real loop is looked at. */
  private static final int CLOSER = 1000;

  private final Graph graph;
  private final Recipe recipe;
  private final LedgerSource source;
  private final long trainSize;
  private final long testSize;

  /**
   * Prepares plans for a network.
   *
   * @param backend what will execute it
   * @param trainSize samples to train on, 0 if unknown: gives the last, partial batch
   * @param testSize samples to validate on, 0 for no validation
   */
  public Planner(Graph graph, Recipe recipe, Backend backend, long trainSize, long testSize) {
    this(graph, recipe, PaperTraining.source(graph, recipe, backend), trainSize, testSize);
  }

  /** As above, from other ledgers than those written on paper. */
  public Planner(Graph graph, Recipe recipe, LedgerSource source, long trainSize, long testSize) {
    this.source = source;
    this.graph = graph;
    this.recipe = recipe;
    this.trainSize = trainSize;
    this.testSize = testSize;
  }

  /**
   * The plan at a batch.
   *
   * @param batch micro-batch size, at least 1
   * @param budget live bytes that are allowed, or null for no limit
   */
  public Plan plan(long batch, @Nullable Budget budget) {
    List<Long> batches = batches(batch, partial(batch));
    long validationBatch = Math.min(batch, testSize);
    Ledger ledger = source.ledger(batches, validationBatch);
    Timeline loop = new Timeline(ledger);
    LoopPeaks peaks = LoopPeaks.of(loop, batches.size() > STEADY, testSize > 0);
    Peak peak = highest(loop);
    EnumMap<Category, Long> bytes = new EnumMap<>(Category.class);
    for (Category category : Category.values()) {
      bytes.put(category, loop.bytes(category));
    }
    LargestBatch largest =
        budget == null
            ? null
            : largestBatch(budget, new Recording.Run(ledger, batches, validationBatch));
    return new Plan(graph, recipe, batch, bytes, peak, peaks, budget, largest);
  }

  /** The largest batch that fits; null if not even batch 1 does. */
  public @Nullable LargestBatch largestBatch(Budget budget) {
    return LargestBatch.solve(this::peakBytes, budget.bytes(), trainSize);
  }

  /**
   * Solves on what two ledgers, extended along the batch, say, which costs no further run of the
   * loop; one at the answer itself confirms it. Where sizes don't grow evenly, every step is run.
   */
  private @Nullable LargestBatch largestBatch(Budget budget, Recording.Run here) {
    // One sample more everywhere, in the last, partial batch too: it is alive while validating.
    List<Long> batches = here.batches().stream().map(batch -> batch + 1).toList();
    long validationBatch = here.validationBatch() == 0 ? 0 : here.validationBatch() + 1;
    Recording extended;
    try {
      extended =
          Recording.of(
              here,
              new Recording.Run(source.ledger(batches, validationBatch), batches, validationBatch));
    } catch (RecordingMismatchException e) {
      return largestBatch(budget);
    }
    LongUnaryOperator peak =
        batch -> extended.peakBytes(Collections.nCopies(STEADY, batch), Math.min(batch, testSize));
    try {
      LargestBatch largest = LargestBatch.solve(peak, budget.bytes(), trainSize);
      long answer = largest == null ? 1 : largest.fits();
      if (peakBytes(answer) == peak.applyAsLong(answer)) {
        return largest;
      }
    } catch (IllegalArgumentException e) {
      // Some block would have no bytes at a smaller batch: it does not grow evenly there.
      return largestBatch(budget);
    }
    return largestBatch(budget);
  }

  /** Live peak of the loop at a batch, without a last, partial one, in bytes. */
  public long peakBytes(long batch) {
    return highest(new Timeline(loop(batch, 0))).liveBytes();
  }

  /**
   * The same for a process that may take so much more than it took idle, as {@code fit} probes it:
   * an interval. {@code fits} is the largest batch whose blocks fit with their pages, heaps and 512
   * KiB for all else; from {@code failsAt} on, the tensors alone are more than the budget. The
   * last, partial batch counts: what it leaves behind is alive while validating.
   *
   * @return null if it is not sure that even batch 1 fits
   */
  public @Nullable LargestBatch processInterval(Budget budget) {
    long within = budget.bytes() - ProcessBytes.SLACK;
    LargestBatch surely = LargestBatch.solve(this::processBytesWithoutPartial, within, trainSize);
    LargestBatch perhaps = LargestBatch.solve(this::leastBytes, budget.bytes(), trainSize);
    if (surely == null || perhaps == null) {
      return null;
    }
    // Both bounds hold for any partial batch; with the real one they come closer, from above.
    long stride = Math.max(1, (perhaps.failsAt() - surely.fits()) / CLOSER);
    long failsAt = perhaps.failsAt();
    while (failsAt - stride > surely.fits() && loopPeakBytes(failsAt - stride) > budget.bytes()) {
      failsAt -= stride;
    }
    long fits = failsAt - stride;
    while (fits > surely.fits() && processBytes(fits) > within) {
      fits -= stride;
    }
    fits = Math.max(fits, surely.fits());
    long recommended = LargestBatch.recommended(fits, trainSize);
    boolean safe = recommended <= surely.fits() || processBytes(recommended) <= within;
    return new LargestBatch(fits, failsAt, safe ? recommended : surely.recommended());
  }

  private long processBytesWithoutPartial(long batch) {
    return highest(new Timeline(loop(batch, 0), ProcessBytes::of)).liveBytes();
  }

  private long processBytes(long batch) {
    return highest(new Timeline(loop(batch, partial(batch)), ProcessBytes::of)).liveBytes();
  }

  /** With the smallest last batch, if there can be one: no loop at this batch needs less. */
  private long leastBytes(long batch) {
    return highest(new Timeline(loop(batch, trainSize > batch ? 1 : 0))).liveBytes();
  }

  /** Live peak of the loop at a batch with its last, partial one, in bytes. */
  public long loopPeakBytes(long batch) {
    return highest(new Timeline(loop(batch, partial(batch)))).liveBytes();
  }

  private long partial(long batch) {
    return trainSize > batch ? trainSize % batch : 0;
  }

  private Ledger loop(long batch, long partial) {
    return source.ledger(batches(batch, partial), Math.min(batch, testSize));
  }

  /** Of each iteration; without a last, partial one where that is 0. */
  private static List<Long> batches(long batch, long partial) {
    List<Long> batches = new ArrayList<>(Collections.nCopies(STEADY, batch));
    if (partial > 0) {
      batches.add(partial);
    }
    return batches;
  }

  private Peak highest(Timeline loop) {
    Peak training = loop.peak();
    if (testSize > 0 && loop.validationPeak().liveBytes() > training.liveBytes()) {
      return loop.validationPeak();
    }
    return training;
  }
}
