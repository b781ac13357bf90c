package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.GradientNoise;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.measure.Comparison;
import dev.headroom.plan.PaperTraining;
import dev.headroom.plan.ProbePlan;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Extras;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Our own runs on libtorch against the ledger on paper: event for event. */
class PredictedEqualsMeasuredTest {
  record Case(long inputs, long batch, Recipe recipe) {
    @Override
    public String toString() {
      return inputs + "-128-10, batch " + batch + ", " + recipe;
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (long inputs : new long[] {784, 3072}) {
      for (long batch : new long[] {16, 64, 1024}) {
        for (Optimizer optimizer : Optimizer.values()) {
          for (Optimizer.Form form : Optimizer.Form.values()) {
            if (optimizer.has(form)) {
              cases.add(new Case(inputs, batch, Recipe.of(optimizer).with(form)));
            }
          }
        }
      }
    }
    for (Optimizer optimizer : Optimizer.values()) {
      for (Optimizer.Form form : Optimizer.Form.values()) {
        if (optimizer.has(form)) {
          Recipe recipe = Recipe.of(optimizer).with(form);
          cases.add(new Case(784, 64, recipe.with(new Extras(0.1, 0, 0, 0))));
          cases.add(new Case(784, 64, recipe.with(new Extras(0, 1.5, 0.99, 0.1))));
          cases.add(new Case(784, 64, recipe.withSetToNone(false)));
        }
      }
    }
    for (BatchArrival arrival : BatchArrival.values()) {
      cases.add(new Case(784, 64, Recipe.of(Optimizer.ADAM).with(arrival)));
      Recipe accumulating = Recipe.of(Optimizer.SGD).with(arrival).withAccumulate(4);
      cases.add(new Case(784, 64, accumulating));
      cases.add(new Case(784, 64, accumulating.withSetToNone(false)));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyEventAndEveryFigure(Case c) {
    Graph graph = Mlp.build(c.inputs(), List.of(128), 10);
    List<Long> batches = List.of(c.batch(), c.batch(), c.batch(), 7L);
    Ledger predicted = PaperTraining.ledger(graph, c.recipe(), batches, 5);
    Ledger measured;
    try (TorchEngine engine = new TorchEngine(1, 1)) {
      SplittableRandom random = new SplittableRandom(1);
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(
              engine, graph, c.recipe(), (in, t) -> Values.initialize(in.init(), t, random))) {
        for (long batch : batches) {
          loop.iterate(batch, PredictedEqualsMeasuredTest::zeros);
        }
        loop.validate(5, PredictedEqualsMeasuredTest::zeros, (out, labels) -> {});
        measured = engine.recorded().ledger();
      }
      assertThat(engine.liveHandles()).isZero();
    }
    assertThat(LedgerEvents.firstDifference(predicted, measured)).isEmpty();
    Comparison comparison = Comparison.of(predicted, measured);
    assertThat(comparison.rows()).allSatisfy(r -> assertThat(r.differenceBytes()).isZero());
  }

  /** A probe of the gradient noise between two steps allocates what the plan says. */
  @ParameterizedTest
  @EnumSource(BatchArrival.class)
  void everyEventOfAProbe(BatchArrival arrival) {
    Graph graph = Mlp.build(784, List.of(128), 10);
    Recipe recipe = Recipe.of(Optimizer.ADAM).with(arrival);
    Ledger predicted = ProbePlan.ledger(graph, recipe, Backend.cpu(), 128, 64, 5);
    Ledger measured;
    try (TorchEngine engine = new TorchEngine(1, 1)) {
      SplittableRandom random = new SplittableRandom(1);
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(
              engine, graph, recipe, (in, t) -> Values.initialize(in.init(), t, random))) {
        loop.iterate(128, PredictedEqualsMeasuredTest::zeros);
        loop.iterate(128, PredictedEqualsMeasuredTest::zeros);
        new GradientNoise<>(engine, loop, engine::scalar)
            .measure(64, 5, PredictedEqualsMeasuredTest::zeros);
        loop.iterate(128, PredictedEqualsMeasuredTest::zeros);
        measured = engine.recorded().ledger();
      }
      assertThat(engine.liveHandles()).isZero();
    }
    assertThat(LedgerEvents.firstDifference(predicted, measured)).isEmpty();
    assertThat(ProbePlan.of(graph, recipe, Backend.cpu(), 128, 64).peak().liveBytes())
        .isEqualTo(new Timeline(measured).peak().liveBytes());
  }

  private static void zeros(List<Tensor> x, Tensor y) {
    Values.memory(x.getFirst()).fill((byte) 0);
    Values.memory(y).fill((byte) 0);
  }
}
