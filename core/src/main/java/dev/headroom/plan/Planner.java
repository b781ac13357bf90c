package dev.headroom.plan;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Peak;
import dev.headroom.ledger.Timeline;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes plans: runs the whole loop on paper and reads the answer off its ledger. */
public final class Planner {
  /**
   * Gradients and optimizer state exist from the second iteration on; the third proves it steady.
   */
  private static final int STEADY = 2;

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
    List<Long> batches = new ArrayList<>(Collections.nCopies(STEADY, batch));
    long partial = trainSize % batch;
    if (trainSize > batch && partial != 0) {
      batches.add(partial);
    }
    Timeline loop = timeline(batches, batch);
    List<Peak> iterations = List.of(loop.peak(1), loop.peak(2));
    Peak last = batches.size() > STEADY ? loop.peak(batches.size()) : null;
    Peak validation = testSize > 0 ? loop.validationPeak() : null;
    Peak peak = highest(loop);
    EnumMap<Category, Long> bytes = new EnumMap<>(Category.class);
    for (Category category : Category.values()) {
      bytes.put(category, loop.bytes(category));
    }
    LargestBatch largest = budget == null ? null : largestBatch(budget);
    return new Plan(
        graph, recipe, batch, bytes, peak, iterations, last, validation, budget, largest);
  }

  /** The largest batch that fits; null if not even batch 1 does. */
  public @Nullable LargestBatch largestBatch(Budget budget) {
    return LargestBatch.solve(this::peakBytes, budget.bytes(), trainSize);
  }

  /** Live peak of the loop at a batch, without a last, partial one, in bytes. */
  public long peakBytes(long batch) {
    return highest(timeline(Collections.nCopies(STEADY, batch), batch)).liveBytes();
  }

  private Timeline timeline(List<Long> batches, long batch) {
    return new Timeline(source.ledger(batches, Math.min(batch, testSize)));
  }

  private Peak highest(Timeline loop) {
    Peak training = loop.peak();
    if (testSize > 0 && loop.validationPeak().liveBytes() > training.liveBytes()) {
      return loop.validationPeak();
    }
    return training;
  }
}
