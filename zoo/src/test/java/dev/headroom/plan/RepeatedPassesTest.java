package dev.headroom.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.device.Device;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.LoopDescription;
import dev.headroom.loop.Target;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Micro-batches that repeat: left out of ledgers, they change no answer. */
class RepeatedPassesTest {
  private static final long MIB = 1L << 20;
  private static final Device CARD =
      new Device("card", "card", 24L << 30, null, 86, 250 * MIB, false, null, null, MIB, List.of());

  static IntStream seeds() {
    return IntStream.range(0, 24);
  }

  private static Graph network(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Zoo.build("mlp", Options.none().with("hidden", 64 + random.nextInt(2000), 300));
      case 1 -> Zoo.build("resnet18", Options.none().sample(List.of(3L, 64L, 64L)));
      case 2 ->
          Zoo.build("gpt", Options.none().with("layers", 2).with("width", 64).with("sequence", 32));
      default -> Zoo.build("cnn", Options.none());
    };
  }

  private static Recipe recipe(Random random) {
    Optimizer optimizer = Optimizer.values()[random.nextInt(Optimizer.values().length)];
    return Recipe.of(optimizer)
        .with(optimizer.has(Form.FOREACH) ? Form.FOREACH : Form.FOR_LOOP)
        .with(Precision.values()[random.nextInt(Precision.values().length)])
        .with(BatchArrival.values()[random.nextInt(BatchArrival.values().length)])
        .withSetToNone(random.nextBoolean())
        .with(random.nextBoolean() ? Checkpoint.BLOCKS : Checkpoint.NONE)
        .withAccumulate(1 + random.nextInt(40));
  }

  /** Against a run that writes and replays every micro-batch of every step. */
  @ParameterizedTest
  @MethodSource("seeds")
  void leavingThemOutChangesNothing(int seed) {
    Random random = new Random(seed);
    Graph graph = network(random);
    Recipe recipe = recipe(random);
    long batch = 1 + random.nextInt(48);
    long perStep = batch * recipe.accumulate();
    AllocatorSettings settings =
        random.nextBoolean()
            ? AllocatorSettings.DEFAULT
            : AllocatorSettings.parse("expandable_segments:True");
    GpuQuestion question =
        new GpuQuestion(
            graph,
            recipe,
            LoopDescription.PLAIN,
            CARD,
            settings,
            perStep * (2 + random.nextInt(4)) + random.nextInt((int) perStep),
            random.nextInt(100),
            null);
    Target target = Target.of(graph, recipe);
    GpuRun all = GpuRun.of(question, target, batch, 20L << 30, false, true);
    GpuRun few = GpuRun.of(question, target, batch, 20L << 30, false, false);
    same(few, all, graph.name() + " " + recipe);
    assertThat(new Timeline(few.ledger()).peak().byCategory())
        .isEqualTo(new Timeline(all.ledger()).peak().byCategory());
    if (recipe.accumulate() > 4) {
      assertThat(few.ledger().size()).isLessThan(all.ledger().size());
    }
    // Less than is needed: both run out at the same request.
    long most = all.peakReservedBytes();
    for (int i = 0; i < 3; i++) {
      long limit = random.nextLong(most / 2, most);
      GpuRun short1 = GpuRun.of(question, target, batch, limit, false, true);
      GpuRun short2 = GpuRun.of(question, target, batch, limit, false, false);
      same(short2, short1, graph.name() + " " + recipe + " in " + limit);
      GpuRun beyond = GpuRun.of(question, target, batch, 20L << 30, limit, false, false);
      assertThat(beyond.fits()).isFalse();
    }
    assertThat(GpuRun.of(question, target, batch, 20L << 30, most, false, false).fits()).isTrue();
  }

  private static void same(GpuRun few, GpuRun all, String what) {
    assertThat(few.fits()).as(what).isEqualTo(all.fits());
    assertThat(few.failedBytes()).as(what).isEqualTo(all.failedBytes());
    assertThat(few.peakReservedBytes()).as(what).isEqualTo(all.peakReservedBytes());
    assertThat(few.peakAllocatedBytes()).as(what).isEqualTo(all.peakAllocatedBytes());
    assertThat(few.end()).as(what).isEqualTo(all.end());
  }

  /** In live bytes two micro-batches are all that differ. */
  @ParameterizedTest
  @MethodSource("seeds")
  void twoHoldAsMuchAsMany(int seed) {
    Random random = new Random(1000 + seed);
    Graph graph = network(random);
    Recipe recipe = recipe(random);
    Recipe few = PaperTraining.withFewPasses(recipe);
    Backend backend = random.nextBoolean() ? Backend.cpu() : CARD.backend();
    List<Long> batches = List.of(8L, 8L);
    Timeline all = new Timeline(PaperTraining.ledger(graph, recipe, backend, batches, 0));
    Timeline two = new Timeline(PaperTraining.ledger(graph, few, backend, batches, 0));
    for (int iteration = 1; iteration <= 2; iteration++) {
      assertThat(two.peak(iteration).liveBytes()).isEqualTo(all.peak(iteration).liveBytes());
      assertThat(two.peak(iteration).byCategory()).isEqualTo(all.peak(iteration).byCategory());
    }
    double once = PaperTraining.flops(graph, recipe.withAccumulate(1), backend, 8).forward();
    assertThat(PaperTraining.flops(graph, recipe, backend, 8).forward())
        .isEqualTo(once * recipe.accumulate());
  }

  /** As many passes as an int holds are no more work than a few. */
  @Test
  @Timeout(60)
  void howManyDoesNotMatter() {
    Graph graph = Zoo.build("cnn", Options.none());
    Recipe recipe = Recipe.of(Optimizer.ADAM).withAccumulate(Integer.MAX_VALUE);
    GpuQuestion question =
        new GpuQuestion(
            graph, recipe, LoopDescription.PLAIN, CARD, AllocatorSettings.DEFAULT, 0, 0, 2L << 30);
    GpuPlan many = GpuPlan.of(question, 8);
    GpuPlan fewer =
        GpuPlan.of(question.with(graph, recipe.withAccumulate(100), AllocatorSettings.DEFAULT), 8);
    assertThat(many.use().usedBytes()).isEqualTo(fewer.use().usedBytes());
    assertThat(many.largestBatch()).isEqualTo(fewer.largestBatch());
    assertThat(many.flops().forward() / Integer.MAX_VALUE).isEqualTo(fewer.flops().forward() / 100);
  }
}
