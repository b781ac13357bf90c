package dev.headroom.lever;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.device.Device;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.ledger.Ledger;
import dev.headroom.lever.Lever.Kind;
import dev.headroom.lever.Levers.Row;
import dev.headroom.lever.Levers.Way;
import dev.headroom.loop.LoopDescription;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The levers found, against all combinations there are, each planned. */
class CheapestLeversTest {
  private static final long MIB = 1L << 20;

  static IntStream seeds() {
    return IntStream.range(0, 16);
  }

  private record OnCard(GpuQuestion question) implements Replan {
    @Override
    public long bytes(Setting s, long batch) {
      return GpuPlan.usedBytes(with(s), batch);
    }

    @Override
    public Ledger ledger(Setting s, long batch) {
      Backend backend = question.device().backend();
      return PaperTraining.ledger(s.graph(), s.recipe(), backend, List.of(batch, batch), 0);
    }

    @Override
    public long liveLimit() {
      return question.limitBytes() - question.device().contextLeastBytes();
    }

    @Override
    public boolean fits(Setting s, long batch) {
      return new GpuLimits(with(s)).surely(batch);
    }

    @Override
    public @Nullable LargestBatch largest(Setting s) {
      return new GpuLimits(with(s)).largest();
    }

    @Override
    public FlopCounter flops(Setting s, long batch) {
      return PaperTraining.flops(s.graph(), s.recipe(), question.device().backend(), batch);
    }

    private GpuQuestion with(Setting s) {
      return question.with(s.graph(), s.recipe(), s.allocator());
    }
  }

  /** Blocks that differ, with a batch norm before them or none. */
  private static Graph network(Random random) {
    switch (random.nextInt(3)) {
      case 0:
        return Zoo.build("cnn", Options.none());
      case 1:
        return Zoo.build(
            "gpt", Options.none().with("layers", 2).with("width", 64).with("sequence", 32));
      default:
        GraphBuilder g = new GraphBuilder("made");
        String x = g.linear("in", g.input(DType.FLOAT32, 8), 8, 64);
        for (int i = 0; i < 3; i++) {
          int wide = 128 << random.nextInt(4);
          x =
              g.module(
                  "blocks." + i,
                  "Block",
                  x,
                  in -> g.linear("out", g.relu("act", g.linear("fc", in, 64, wide)), wide, 64));
        }
        return g.build(g.linear("head", x, 64, 10));
    }
  }

  private static Replan replan(Graph graph, Recipe recipe, boolean gpu, long live) {
    if (!gpu) {
      return new CheckpointChoiceTest.Paper(live);
    }
    Device card =
        new Device("card", "card", 24L << 30, 0L, 86, 250 * MIB, true, null, null, MIB, List.of());
    return new OnCard(
        new GpuQuestion(
            graph,
            recipe,
            LoopDescription.PLAIN,
            card,
            AllocatorSettings.DEFAULT,
            0,
            0,
            250 * MIB + live));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noCheaperCombinationFits(int seed) {
    Random random = new Random(seed);
    Graph graph = network(random);
    boolean gpu = random.nextBoolean();
    Recipe recipe =
        Recipe.of(random.nextBoolean() ? Optimizer.ADAM : Optimizer.MOMENTUM)
            .with(gpu ? Form.FOREACH : Form.FOR_LOOP)
            .withSetToNone(random.nextBoolean());
    long want = 32L << random.nextInt(4);
    Setting base = new Setting(graph, recipe, AllocatorSettings.DEFAULT);
    long most = replan(graph, recipe, false, Long.MAX_VALUE).bytes(base, want);
    for (int percent : new int[] {15, 35, 60, 85}) {
      Replan replan = replan(graph, recipe, gpu, most * percent / 100 + (gpu ? 24 * MIB : 0));
      Levers levers = new Levers(base, replan, gpu, true, List.of());
      Catalogue catalogue = new Catalogue(base, gpu, true);
      List<Row> alone = levers.alone(levers.base(8), 0);
      for (Way way : Way.values()) {
        Row found = levers.reaching(want, alone, way);
        String what =
            graph.name()
                + (gpu ? " gpu " : " cpu ")
                + recipe.optimizer()
                + recipe.setToNone()
                + " "
                + want
                + " in "
                + percent
                + " % "
                + way;
        if (found != null) {
          Setting setting = Levers.setting(base, found.levers());
          assertThat(replan.fits(setting, found.batch())).as(what).isTrue();
        }
        List<Row> allowed = way == Way.PRECISION ? precision(alone) : alone;
        Every every = new Every(base, replan, catalogue, allowed, want, way == Way.ANY);
        double[] cost = found == null ? null : every.cost(found.levers());
        List<Lever> cheaper = every.cheaperThan(cost);
        assertThat(cheaper == null ? "none" : options(cheaper))
            .as(what + ", found " + (found == null ? "none" : found.options()))
            .isEqualTo("none");
      }
    }
  }

  private static String options(List<Lever> levers) {
    return String.join(" ", levers.stream().map(Lever::option).toList());
  }

  private static List<Row> precision(List<Row> alone) {
    return alone.stream()
        .filter(
            row ->
                row.levers().getFirst().price() == Lever.Price.NONE
                    || row.levers().getFirst().kind() == Kind.PRECISION)
        .toList();
  }

  /**
   * All combinations of levers that do not exclude each other, all subsets of blocks, all passes.
   */
  private static final class Every {
    private final Setting base;
    private final Replan replan;
    private final Catalogue catalogue;
    private final List<Lever> order = new ArrayList<>();
    private final int turn;
    private final long want;
    private final boolean divide;
    private final Map<String, Double> again = new HashMap<>();

    Every(
        Setting base,
        Replan replan,
        Catalogue catalogue,
        List<Row> alone,
        long want,
        boolean divide) {
      this.base = base;
      this.replan = replan;
      this.catalogue = catalogue;
      this.want = want;
      this.divide = divide;
      Lever passes = catalogue.accumulate(2);
      int before = 0;
      for (Row row : alone) {
        Lever lever = row.levers().getFirst();
        if (lever.kind() != Kind.ACCUMULATE) {
          order.add(lever);
          int price = lever.price().compareTo(passes.price());
          before += price < 0 || (price == 0 && row.recompute() == 0) ? 1 : 0;
        }
      }
      turn = before;
    }

    /** What is paid, the dearest first. */
    double[] cost(List<Lever> chosen) {
      double[] cost = new double[order.size() + 1];
      for (Lever lever : chosen) {
        if (lever.kind() == Kind.ACCUMULATE) {
          cost[order.size() - turn] = Integer.parseInt(lever.option().split(" ")[1]);
          continue;
        }
        int at = 0;
        while (!order.get(at).option().equals(lever.option())
            && !(lever.kind() == Kind.CHECKPOINT && order.get(at).kind() == Kind.CHECKPOINT)) {
          at++;
        }
        cost[order.size() - at - (at < turn ? 0 : 1)] =
            lever.kind() == Kind.CHECKPOINT ? again(lever) : 1;
      }
      return cost;
    }

    private double again(Lever checkpoint) {
      return again.computeIfAbsent(
          checkpoint.option(),
          option -> {
            FlopCounter counted = replan.flops(checkpoint.apply(base), want);
            return counted == null ? Double.NaN : counted.again();
          });
    }

    /** A combination that costs less and fits, or null. */
    @Nullable List<Lever> cheaperThan(double @Nullable [] limit) {
      return search(0, new ArrayList<>(), limit);
    }

    private @Nullable List<Lever> search(int at, List<Lever> chosen, double @Nullable [] limit) {
      if (at == order.size()) {
        return divided(chosen, limit);
      }
      Lever lever = order.get(at);
      List<Lever> found = search(at + 1, chosen, limit);
      boolean excluded = chosen.stream().anyMatch(other -> other.kind() == lever.kind());
      for (Lever form : found != null || excluded ? List.<Lever>of() : forms(lever)) {
        List<Lever> more = new ArrayList<>(chosen);
        more.add(form);
        found = search(at + 1, more, limit);
        if (found != null) {
          break;
        }
      }
      return found;
    }

    private List<Lever> forms(Lever lever) {
      if (lever.kind() != Kind.CHECKPOINT) {
        return List.of(lever);
      }
      List<String> paths = Blocks.of(base.graph()).stream().map(Blocks.Block::path).toList();
      List<Lever> subsets = new ArrayList<>();
      for (int bits = 1; bits < 1 << paths.size(); bits++) {
        BitSet set = BitSet.valueOf(new long[] {bits});
        subsets.add(
            catalogue.checkpoint(Checkpoint.of(set.stream().mapToObj(paths::get).toList())));
      }
      return subsets;
    }

    private @Nullable List<Lever> divided(List<Lever> chosen, double @Nullable [] limit) {
      if (isCheaper(chosen, limit) && fits(chosen)) {
        return chosen;
      }
      for (int passes = 2; divide && passes <= want; passes++) {
        List<Lever> more = new ArrayList<>(chosen);
        more.add(catalogue.accumulate(passes));
        if (want % passes == 0 && isCheaper(more, limit) && fits(more)) {
          return more;
        }
      }
      return null;
    }

    private boolean isCheaper(List<Lever> chosen, double @Nullable [] limit) {
      return limit == null || Arrays.compare(cost(chosen), limit) < 0;
    }

    private boolean fits(List<Lever> levers) {
      Setting setting = Levers.setting(base, levers);
      return replan.fits(setting, Math.ceilDiv(want, setting.recipe().accumulate()));
    }
  }
}
