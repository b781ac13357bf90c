package dev.headroom.lever;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.ledger.Ledger;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.PaperTraining;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The blocks chosen, against all subsets there are, each planned and counted. */
class CheckpointChoiceTest {
  private static final long BATCH = 512;

  record Case(String name, Graph graph) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    Options small = Options.none().sample(List.of(3L, 64L, 64L)).classes(10);
    Options gpt = Options.none().with("layers", 10).with("width", 64).with("sequence", 32);
    List<Case> all = new ArrayList<>();
    all.add(new Case("resnet18", Zoo.build("resnet18", small)));
    all.add(new Case("gpt", Zoo.build("gpt", gpt)));
    for (int seed = 0; seed < 20; seed++) {
      all.add(new Case("made " + seed, made(new Random(seed))));
    }
    return all.stream();
  }

  /** Blocks that differ in what they keep and in what they compute. */
  private static Graph made(Random random) {
    GraphBuilder g = new GraphBuilder("made");
    String x = g.linear("in", g.input(DType.FLOAT32, 8), 8, 64);
    for (int i = 0; i < 8; i++) {
      int wide = 16 << random.nextInt(6);
      int times = 1 + random.nextInt(4);
      x =
          g.module(
              "blocks." + i,
              "Block",
              x,
              in -> {
                String y = g.linear("fc", in, 64, wide);
                for (int k = 0; k < times; k++) {
                  y = g.relu("act" + k, g.dropout("drop" + k, y, 0.1));
                }
                return g.linear("out", y, wide, 64);
              });
    }
    return g.build(g.linear("head", x, 64, 10));
  }

  /** This machine's engine on paper, with room for so much. */
  record Paper(long budget) implements Replan {
    @Override
    public long bytes(Setting setting, long batch) {
      return liveBytes(setting, batch);
    }

    long liveBytes(Setting setting, long batch) {
      return planner(setting).peakBytes(batch);
    }

    @Override
    public Ledger ledger(Setting setting, long batch) {
      return PaperTraining.ledger(setting.graph(), setting.recipe(), List.of(batch, batch), 0);
    }

    @Override
    public long liveLimit() {
      return budget;
    }

    @Override
    public boolean fits(Setting setting, long batch) {
      return liveBytes(setting, batch) <= budget;
    }

    @Override
    public @Nullable LargestBatch largest(Setting setting) {
      return planner(setting).largestBatch(new Budget(budget, Budget.Source.GIVEN));
    }

    @Override
    public FlopCounter flops(Setting setting, long batch) {
      return PaperTraining.flops(setting.graph(), setting.recipe(), Backend.cpu(), batch);
    }

    private static Planner planner(Setting setting) {
      return new Planner(setting.graph(), setting.recipe(), Backend.cpu(), 0, 0);
    }
  }

  /** One subset of the blocks, as its plan and its count show it. */
  private record Subset(long bytes, double flops) {}

  private static Setting setting(Graph graph, Checkpoint checkpoint) {
    Recipe recipe = Recipe.of(Optimizer.MOMENTUM).with(checkpoint);
    return new Setting(graph, recipe, AllocatorSettings.DEFAULT);
  }

  private static List<Subset> subsets(Graph graph) {
    Paper paper = new Paper(Long.MAX_VALUE);
    List<String> paths = Blocks.of(graph).stream().map(Blocks.Block::path).toList();
    List<Subset> all = new ArrayList<>();
    for (int bits = 0; bits < 1 << paths.size(); bits++) {
      BitSet set = BitSet.valueOf(new long[] {bits});
      Setting s = setting(graph, Checkpoint.of(set.stream().mapToObj(paths::get).toList()));
      all.add(new Subset(paper.liveBytes(s, BATCH), paper.flops(s, BATCH).again()));
    }
    return all;
  }

  /** The search for many blocks finds here, too, what trying all subsets finds. */
  @ParameterizedTest
  @MethodSource("cases")
  void nothingCheaperFits(Case c) {
    List<Subset> all = subsets(c.graph());
    long most = all.getFirst().bytes();
    long least = all.stream().mapToLong(Subset::bytes).min().orElseThrow();
    assertThat(least).isLessThan(most);
    for (int tenth = 0; tenth <= 10; tenth++) {
      Paper paper = new Paper(least + (most - least) * tenth / 10);
      double best =
          all.stream()
              .filter(s -> s.bytes() <= paper.budget())
              .mapToDouble(Subset::flops)
              .min()
              .orElseThrow();
      CheckpointChoice choice =
          new CheckpointChoice(paper, setting(c.graph(), Checkpoint.NONE), BATCH);
      Checkpoint found = choice.find();
      assertThat(found).isNotNull();
      Setting chosen = setting(c.graph(), found);
      assertThat(paper.fits(chosen, BATCH)).as("%s in %d", found, paper.budget()).isTrue();
      assertThat(paper.flops(chosen, BATCH).again()).isEqualTo(best);
      BitSet searched = choice.searched();
      assertThat(searched).as("in %d", paper.budget()).isNotNull();
      assertThat(choice.cost(searched)).as("in %d", paper.budget()).isEqualTo(best);
      assertThat(all.get(searched.stream().map(i -> 1 << i).sum()).bytes())
          .isLessThanOrEqualTo(paper.budget());
    }
    assertThat(
            new CheckpointChoice(new Paper(least - 1), setting(c.graph(), Checkpoint.NONE), BATCH)
                .find())
        .isNull();
  }
}
