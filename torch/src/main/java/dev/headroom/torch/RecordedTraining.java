package dev.headroom.torch;

import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Recording;
import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.plan.LedgerSource;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;

/**
 * Runs the training loop for real at two small batches, recording every allocation, and extends
 * what it saw to any batch. Weights and samples are zeros: bytes do not depend on them. Included is
 * all that libtorch's CPU allocator gives, kernels' scratch too; not what oneDNN and BLAS take from
 * the C library themselves.
 */
public final class RecordedTraining implements LedgerSource {
  private static final List<Long> BATCHES = List.of(2L, 4L, 8L, 16L);

  private final Recording recording;
  private final List<String> notes;

  private RecordedTraining(Recording recording, List<String> notes) {
    this.recording = recording;
    this.notes = List.copyOf(notes);
  }

  /**
   * Records at batch 2 and 4; if some algorithm was chosen by the batch, so that the two differ, at
   * 4 and 8, and at 8 and 16.
   *
   * @param threads threads of an operator
   * @throws RecordingMismatchException if even these differ
   * @throws TorchException if libtorch refuses a call
   */
  public static RecordedTraining record(Graph graph, Recipe recipe, int threads) {
    OptionalLong own = graph.ownBatch();
    if (own.isPresent()) {
      return new RecordedTraining(
          Recording.of(run(graph, recipe, own.getAsLong(), 0, threads)), List.of());
    }
    List<String> notes = new ArrayList<>();
    Recording.Run first = run(graph, recipe, BATCHES.getFirst(), 1, threads);
    for (int i = 1; ; i++) {
      Recording.Run second = run(graph, recipe, BATCHES.get(i), 1, threads);
      try {
        return new RecordedTraining(Recording.of(first, second), notes);
      } catch (RecordingMismatchException e) {
        if (i + 1 == BATCHES.size()) {
          throw e;
        }
        notes.add(e.getMessage() + ". Recorded again at larger batches.");
        first = second;
      }
    }
  }

  /**
   * Three iterations, the last of another batch so that a partial one can be told from it, and a
   * validation batch.
   */
  private static Recording.Run run(Graph graph, Recipe recipe, long batch, long more, int threads) {
    List<Long> batches = List.of(batch, batch, batch + more);
    return new Recording.Run(ledger(graph, recipe, batches, batch, threads), batches, batch);
  }

  /**
   * What libtorch allocates in a training loop, run for real on zeros.
   *
   * @param batches size of the micro-batches of each iteration
   * @param validationBatch size of a validation batch after the last iteration, 0 for none
   */
  public static Ledger ledger(
      Graph graph, Recipe recipe, List<Long> batches, long validationBatch, int threads) {
    try (TorchEngine engine = new TorchEngine(threads, 0);
        TrainingLoop<Tensor> loop =
            new TrainingLoop<>(engine, graph, recipe, (input, t) -> zero(t))) {
      for (long batch : batches) {
        loop.iterate(batch, RecordedTraining::zero);
      }
      if (validationBatch > 0) {
        loop.validate(validationBatch, RecordedTraining::zero, (output, target) -> {});
      }
      return engine.recorded().ledger();
    }
  }

  private static void zero(Tensor x, Tensor y) {
    zero(x);
    zero(y);
  }

  private static void zero(Tensor t) {
    if (t.numel() > 0) {
      Values.memory(t).fill((byte) 0);
    }
  }

  @Override
  public Ledger ledger(List<Long> batches, long validationBatch) {
    return recording.ledger(batches, validationBatch);
  }

  @Override
  public String label() {
    return "recorded";
  }

  /** What happened while recording that the user should know, in words. */
  public List<String> notes() {
    return notes;
  }
}
