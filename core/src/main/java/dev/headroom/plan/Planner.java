package dev.headroom.plan;

import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Peak;
import dev.headroom.ledger.Timeline;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
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
  private final long trainSize;
  private final long testSize;

  /**
   * Prepares plans for a network.
   *
   * @param trainSize samples to train on, 0 if unknown: gives the last, partial batch
   * @param testSize samples to validate on, 0 for no validation
   */
  public Planner(Graph graph, Recipe recipe, long trainSize, long testSize) {
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
    List<Long> batches = new ArrayList<>();
    for (int i = 0; i < STEADY; i++) {
      batches.add(batch);
    }
    long partial = trainSize % batch;
    if (trainSize > batch && partial != 0) {
      batches.add(partial);
    }
    Timeline training = new Timeline(PaperTraining.ledger(graph, recipe, batches, 0));
    List<Peak> iterations = List.of(training.peak(1), training.peak(2));
    Peak last = batches.size() > STEADY ? training.peak(batches.size()) : null;
    Peak validation = testSize > 0 ? validation(batches, Math.min(batch, testSize)) : null;
    Peak peak = training.peak();
    if (validation != null && validation.liveBytes() > peak.liveBytes()) {
      peak = validation;
    }
    EnumMap<Category, Long> bytes = new EnumMap<>(Category.class);
    for (Category category : Category.values()) {
      bytes.put(category, training.bytes(category));
    }
    LargestBatch largest =
        budget == null ? null : LargestBatch.solve(this::peakBytes, budget.bytes(), trainSize);
    return new Plan(
        graph, recipe, batch, bytes, peak, iterations, last, validation, budget, largest);
  }

  /** Live peak of the steady state at a batch, in bytes. */
  public long peakBytes(long batch) {
    List<Long> two = List.of(batch, batch);
    long training = new Timeline(PaperTraining.ledger(graph, recipe, two, 0)).peak().liveBytes();
    if (testSize == 0) {
      return training;
    }
    return Math.max(training, validation(two, Math.min(batch, testSize)).liveBytes());
  }

  private Peak validation(List<Long> batches, long batch) {
    return new Timeline(PaperTraining.ledger(graph, recipe, batches, batch)).validationPeak();
  }
}
