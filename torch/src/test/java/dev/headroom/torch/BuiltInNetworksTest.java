package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.measure.Comparison;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Gpt;
import dev.headroom.zoo.Image;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Vit;
import dev.headroom.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Built-in networks trained and validated on libtorch, against the ledger on paper: event for
 * event. oneDNN is off, so that convolutions have no scratch that only oneDNN knows.
 */
class BuiltInNetworksTest {
  private static final Backend BACKEND = Backend.cpu().withOnednn(false);
  private static final List<Long> BATCHES = List.of(4L, 4L, 3L);
  private static final Recipe RECIPE = Recipe.of(Optimizer.ADAM);

  record Case(String name, Graph graph) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    Options small = Options.none().sample(List.of(3L, 32L, 32L)).classes(10);
    Image image = new Image(3, 32, 32);
    List<Case> cases = new ArrayList<>();
    for (String name : List.of("lenet", "cnn", "resnet18", "convnext_tiny")) {
      cases.add(new Case(name, Zoo.build(name, small)));
    }
    cases.add(new Case("vit", new Vit("vit", 16, 2, 4, 64).build(image, 10)));
    cases.add(new Case("gpt", new Gpt(2, 64, 4, 100, 16, false).build()));
    cases.add(new Case("gpt tied", new Gpt(2, 64, 4, 100, 16, true).build()));
    Graph cnn = Zoo.build("cnn", small);
    cases.add(new Case("cnn, features frozen", Frozen.of(cnn, List.of("features"))));
    cases.add(new Case("cnn, middle frozen", Frozen.of(cnn, List.of("features.4", "features.5"))));
    Graph gpt = new Gpt(3, 64, 4, 100, 16, true).build();
    cases.add(new Case("gpt, last block", Frozen.exceptFor(gpt, List.of("blocks.2", "ln"))));
    cases.add(new Case("gpt, middle frozen", Frozen.of(gpt, List.of("blocks.1"))));
    cases.add(new Case("lstm", Zoo.build("lstm", Options.none())));
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyEventAndEveryFigure(Case c) {
    Ledger predicted = predicted(c.graph());
    Ledger measured = measured(c.graph());
    assertThat(LedgerEvents.firstDifference(predicted, measured)).isEmpty();
    Comparison comparison = Comparison.of(predicted, measured);
    assertThat(comparison.rows()).allSatisfy(r -> assertThat(r.differenceBytes()).isZero());
  }

  /** Plain kernels compute a grouped convolution group by group; what that takes is left out. */
  @Test
  void everyCategoryWhereConvolutionsAreGrouped() {
    Options small = Options.none().sample(List.of(3L, 32L, 32L)).classes(10);
    Graph graph = Zoo.build("mobilenet_v2", small);
    Comparison comparison = Comparison.of(predicted(graph), measured(graph));
    assertThat(comparison.rows().subList(0, Comparison.CATEGORIES.size()))
        .allSatisfy(r -> assertThat(r.differenceBytes()).isZero());
  }

  private static Ledger predicted(Graph graph) {
    return PaperTraining.ledger(graph, RECIPE, BACKEND, BATCHES, BATCHES.getFirst());
  }

  private static Ledger measured(Graph graph) {
    Ledger measured;
    try (TorchEngine engine = new TorchEngine(BACKEND, 1)) {
      SplittableRandom random = new SplittableRandom(1);
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(
              engine, graph, RECIPE, (in, t) -> Values.initialize(in.init(), t, random))) {
        for (long batch : BATCHES) {
          loop.iterate(batch, BuiltInNetworksTest::zeros);
        }
        loop.validate(BATCHES.getFirst(), BuiltInNetworksTest::zeros, (out, labels) -> {});
        measured = engine.recorded().ledger();
      }
      assertThat(engine.liveHandles()).isZero();
    }
    return measured;
  }

  private static void zeros(List<Tensor> x, Tensor y) {
    Values.memory(x.getFirst()).fill((byte) 0);
    Values.memory(y).fill((byte) 0);
  }
}
