package dev.headroom.plan;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.loop.Target;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.paper.FlopCounter;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs the training loop on paper. */
public final class PaperTraining {
  private PaperTraining() {}

  /** Written ledgers of a network, for a planner. */
  public static LedgerSource source(Graph graph, Recipe recipe, Backend backend) {
    return new LedgerSource() {
      private @Nullable Target target;

      @Override
      public Ledger ledger(List<Long> batches, long validationBatch) {
        Target known = target;
        if (known == null) {
          known = Target.of(graph, recipe);
          target = known;
        }
        return PaperTraining.ledger(
            graph, recipe, known, backend, batches, validationBatch, Map.of());
      }

      @Override
      public String label() {
        return "written";
      }
    };
  }

  /**
   * The ledger of set-up and some iterations.
   *
   * @param batches size of the micro-batches of each iteration
   * @param validationBatch size of a validation batch after the last iteration, 0 for none
   */
  public static Ledger ledger(
      Graph graph, Recipe recipe, List<Long> batches, long validationBatch) {
    return ledger(graph, recipe, Backend.cpu(), batches, validationBatch);
  }

  /** As above, on another backend. */
  public static Ledger ledger(
      Graph graph, Recipe recipe, Backend backend, List<Long> batches, long validationBatch) {
    return ledger(
        graph, recipe, Target.of(graph, recipe), backend, batches, validationBatch, Map.of());
  }

  /**
   * The same for a run that goes on from a saved state: the optimizer's state exists from the
   * start.
   */
  public static Ledger resumedLedger(
      Graph graph, Recipe recipe, Backend backend, List<Long> batches, long validationBatch) {
    PaperEngine engine = new PaperEngine(new LedgerWriter(), backend);
    Target target = Target.of(graph, recipe);
    TrainingLoop<PaperTensor> before =
        new TrainingLoop<>(engine, graph, recipe, target, (input, tensor) -> {});
    before.iterate(1, (x, y) -> {});
    Map<String, TensorType> state = new LinkedHashMap<>();
    before.state().forEach((name, tensor) -> state.put(name, engine.type(tensor)));
    return ledger(graph, recipe, target, backend, batches, validationBatch, state);
  }

  /**
   * Floating-point operations of one iteration's forward passes, and of what backward computes once
   * more; those of gradients and the optimizer are left out.
   *
   * @param batch size of the micro-batches
   * @throws dev.headroom.op.UnsupportedOperatorException if an operator has no rule
   */
  public static FlopCounter flops(Graph graph, Recipe recipe, Backend backend, long batch) {
    PaperEngine engine = new PaperEngine(new LedgerWriter(), backend);
    Recipe once = recipe.withAccumulate(1);
    new TrainingLoop<PaperTensor>(
            engine, graph, once, Target.of(graph, once), (input, tensor) -> {})
        .iterate(batch, (x, y) -> {});
    return engine.flops().times(recipe.accumulate());
  }

  /**
   * The same recipe with two micro-batches a step where it has more: in live bytes they are all
   * that differ. The first finds no gradients, the second adds to them; each further one does as
   * the second did and leaves what it left.
   */
  public static Recipe withFewPasses(Recipe recipe) {
    return recipe.withAccumulate(Math.min(2, recipe.accumulate()));
  }

  static Ledger ledger(
      Graph graph,
      Recipe recipe,
      Target target,
      Backend backend,
      List<Long> batches,
      long validationBatch,
      Map<String, TensorType> state) {
    LedgerWriter writer = new LedgerWriter();
    PaperEngine engine = new PaperEngine(writer, backend);
    TrainingLoop<PaperTensor> loop =
        new TrainingLoop<>(engine, graph, recipe, target, (input, tensor) -> {});
    if (!state.isEmpty()) {
      loop.restore(1, state);
    }
    for (long batch : batches) {
      loop.iterate(batch, (x, y) -> {});
    }
    if (validationBatch > 0) {
      loop.validate(validationBatch, (x, y) -> {}, (output, labels) -> {});
    }
    return writer.ledger();
  }
}
