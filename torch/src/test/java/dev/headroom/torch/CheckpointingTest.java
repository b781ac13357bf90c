package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.measure.Comparison;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import dev.headroom.zoo.Gpt;
import dev.headroom.zoo.Image;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Vit;
import dev.headroom.zoo.Zoo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Activation checkpointing on libtorch: the same gradients as without, bit for bit, and the ledger
 * that paper predicts, event for event.
 */
class CheckpointingTest {
  private static final Backend BACKEND = Backend.cpu().withOnednn(false);
  private static final List<Long> BATCHES = List.of(4L, 4L, 3L);

  record Case(String name, Graph graph, Recipe recipe, Checkpoint checkpoint) {
    Case(String name, Graph graph, Recipe recipe) {
      this(name, graph, recipe, Checkpoint.BLOCKS);
    }

    Case(String name, Graph graph, Recipe recipe, String some) {
      this(name + " in " + some, graph, recipe, Checkpoint.parse(some));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    Recipe adam = Recipe.of(Optimizer.ADAM);
    Options small = Options.none().sample(List.of(3L, 32L, 32L)).classes(10);
    Graph gpt = new Gpt(4, 64, 4, 100, 16, false).build();
    return Stream.of(
        new Case("gpt, 2 blocks", new Gpt(2, 32, 2, 50, 8, false).build(), adam),
        new Case("gpt, 4 blocks", gpt, adam),
        new Case("gpt, accumulating", gpt, adam.withAccumulate(2)),
        new Case("gpt, gradients kept", gpt, adam.withAccumulate(2).withSetToNone(false)),
        new Case("gpt, autocast", gpt, adam.with(Precision.BF16)),
        new Case("gpt, tied", new Gpt(3, 64, 4, 100, 16, true).build(), adam),
        new Case("vit", new Vit("vit", 16, 2, 4, 64).build(new Image(3, 32, 32), 10), adam),
        new Case("resnet18", Zoo.build("resnet18", small), adam),
        new Case("dropout", dropouts(), adam),
        new Case("gpt", gpt, adam, "blocks.1,blocks.3"),
        new Case("gpt, autocast", gpt, adam.with(Precision.BF16), "blocks.0"),
        new Case("gpt, accumulating", gpt, adam.withAccumulate(2), "blocks.2"),
        new Case("resnet18", Zoo.build("resnet18", small), adam, "layer1.0,layer3.*"),
        new Case("dropout", dropouts(), adam, "blocks.1"));
  }

  /** Two blocks that draw random numbers, the second at its end. */
  private static Graph dropouts() {
    GraphBuilder g = new GraphBuilder("dropouts");
    String x = g.linear("in", g.input(DType.FLOAT32, 8), 8, 64);
    for (int i = 0; i < 2; i++) {
      x =
          g.module(
              "blocks." + i,
              "Block",
              x,
              in -> {
                String y = g.dropout("drop1", g.relu("act", g.linear("fc", in, 64, 64)), 0.3);
                return g.dropout("drop2", g.linear("out", y, 64, 64), 0.5);
              });
    }
    return g.build(g.linear("head", x, 64, 10));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void predictedEventForEvent(Case c) {
    Recipe recipe = c.recipe().with(c.checkpoint());
    Ledger predicted =
        PaperTraining.ledger(c.graph(), recipe, BACKEND, BATCHES, BATCHES.getFirst());
    Ledger measured = train(c.graph(), recipe).ledger();
    if (recipe.precision() == Precision.FP32) {
      assertThat(LedgerEvents.firstDifference(predicted, measured)).isEmpty();
    } else {
      // Casts of weights die together, in the order of a map hashed by address.
      assertThat(LedgerEvents.sortedFrees(measured)).isEqualTo(LedgerEvents.sortedFrees(predicted));
    }
    Comparison comparison = Comparison.of(predicted, measured);
    assertThat(comparison.rows()).allSatisfy(r -> assertThat(r.differenceBytes()).isZero());
    Timeline without = new Timeline(train(c.graph(), c.recipe()).ledger());
    assertThat(new Timeline(measured).bytes(Category.ACTIVATION))
        .isLessThan(without.bytes(Category.ACTIVATION));
  }

  /** Every gradient of every step follows from equal weights after the last. */
  @ParameterizedTest
  @MethodSource("cases")
  void trainsAsWithout(Case c) {
    Map<String, float[]> with = train(c.graph(), c.recipe().with(c.checkpoint())).state();
    Map<String, float[]> without = train(c.graph(), c.recipe()).state();
    assertThat(with.keySet()).isEqualTo(without.keySet());
    with.forEach(
        (name, values) -> {
          if (!isStatistic(name)) {
            assertThat(values).as(name).isEqualTo(without.get(name));
          }
        });
  }

  private static boolean isStatistic(String name) {
    return name.contains(".running_") || name.endsWith(".num_batches_tracked");
  }

  /**
   * A block that runs twice moves its running statistics twice: from 0, with momentum 0.1, to 0.19
   * of the batch's mean instead of 0.1. PyTorch does the same ({@code torch/utils/checkpoint.py}).
   */
  @Test
  void runningStatisticsMoveTwice() {
    Graph graph = Zoo.build("resnet18", Options.none().sample(List.of(3L, 32L, 32L)).classes(10));
    Recipe recipe = Recipe.of(Optimizer.SGD);
    Map<String, float[]> once = train(graph, recipe, List.of(4L)).state();
    Map<String, float[]> twice = train(graph, recipe.with(Checkpoint.BLOCKS), List.of(4L)).state();
    assertThat(twice.get("model.bn1.running_mean")).isEqualTo(once.get("model.bn1.running_mean"));
    String block = "model.layer1.0.bn1.";
    assertThat(once.get(block + "num_batches_tracked")).containsExactly(1);
    assertThat(twice.get(block + "num_batches_tracked")).containsExactly(2);
    float[] single = once.get(block + "running_mean");
    float[] moved = twice.get(block + "running_mean");
    for (int i = 0; i < single.length; i++) {
      assertThat(moved[i]).isCloseTo(1.9f * single[i], within(1e-5f * Math.abs(single[i])));
    }
  }

  /** The second run of a block fails: its own reason is told, and training can go on. */
  @Test
  void failureInBackwardIsTold() {
    try (TorchEngine engine = new TorchEngine(BACKEND, 1)) {
      Tensor x = engine.empty(TensorType.of(DType.FLOAT32, 4), Category.INPUT);
      fill(x, new SplittableRandom(1));
      engine.requireGrad(x);
      AtomicInteger runs = new AtomicInteger();
      Tensor y =
          engine
              .checkpoint(
                  List.of(x),
                  in -> {
                    if (runs.getAndIncrement() > 0) {
                      throw new TorchException("no second time");
                    }
                    return engine.call("aten.exp.default", in.getFirst());
                  })
              .getFirst();
      Tensor loss = engine.call("aten.sum.default", y).getFirst();
      assertThatThrownBy(() -> engine.backward(loss)).hasMessage("no second time");
      List.of(loss, y, x).forEach(engine::release);
      assertThat(engine.liveHandles()).isZero();
      assertThat(live(engine.recorded().ledger())).isZero();
    }
  }

  record Trained(Ledger ledger, Map<String, float[]> state) {}

  private static Trained train(Graph graph, Recipe recipe) {
    return train(graph, recipe, BATCHES);
  }

  private static Trained train(Graph graph, Recipe recipe, List<Long> batches) {
    Trained trained;
    try (TorchEngine engine = new TorchEngine(BACKEND, 1)) {
      SplittableRandom random = new SplittableRandom(1);
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(
              engine, graph, recipe, (in, t) -> Values.initialize(in.init(), t, random))) {
        for (long batch : batches) {
          loop.iterate(batch, (x, y) -> fill(x, y, random));
        }
        loop.validate(BATCHES.getFirst(), (x, y) -> fill(x, y, random), (out, labels) -> {});
        Ledger ledger = engine.recorded().ledger();
        Map<String, float[]> state = new LinkedHashMap<>();
        loop.state().forEach((name, tensor) -> state.put(name, numbers(tensor)));
        trained = new Trained(ledger, state);
      }
      assertThat(engine.liveHandles()).isZero();
    }
    return trained;
  }

  private static void fill(List<Tensor> x, Tensor y, SplittableRandom random) {
    fill(x.getFirst(), random);
    fill(y, random);
  }

  /** Classes and tokens below 10, or normally distributed values. */
  private static void fill(Tensor tensor, SplittableRandom random) {
    MemorySegment memory = Values.memory(tensor);
    for (long i = 0; i < tensor.numel(); i++) {
      if (ScalarTypes.of(tensor.scalar_type()) == DType.INT64) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, i, random.nextInt(10));
      } else {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
    }
  }

  private static float[] numbers(Tensor tensor) {
    try (Tensor converted = tensor.detach().to(ScalarType.Float)) {
      return Values.floats(converted);
    }
  }

  private static long live(Ledger ledger) {
    long live = 0;
    for (int i = 0; i < ledger.size(); i++) {
      live += ledger.delta(i);
    }
    return live;
  }
}
