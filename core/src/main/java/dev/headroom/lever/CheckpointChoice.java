package dev.headroom.lever;

import dev.headroom.graph.Blocks;
import dev.headroom.ledger.Timeline;
import dev.headroom.paper.FlopCounter;
import dev.headroom.recipe.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which blocks to checkpoint so that a batch fits and the least is computed again. What blocks cost
 * adds up, since each runs again by itself; the peak does not, so every candidate is planned.
 *
 * <p>Up to {@link #ENUMERABLE} blocks the answer is the best there is: subsets are tried from cheap
 * to dear, and the first that fits is it. Beyond, a model of the peak, {@link BlockModel}, names
 * the cheapest for a limit, and the limit is lowered until what is named really fits; what is then
 * not needed is left out, the dearest first, and one or two blocks are exchanged for cheaper ones
 * as long as that works.
 */
public final class CheckpointChoice {
  /** Subsets of so many blocks are tried one after another. */
  static final int ENUMERABLE = 8;

  /** How finely the model's limit is lowered, of what checkpoints save at all; then again. */
  private static final int STEPS = 50;

  private static final int FINER = 10;

  /** Exchanges that are planned before a choice is taken as it is. */
  private static final int MOST_PLANS = 300;

  private final Replan replan;
  private final Setting setting;
  private final long batch;
  private final List<Blocks.Block> blocks;
  private final double[] flops;
  private final Map<BitSet, Boolean> tried = new HashMap<>();

  /**
   * Prepares the choice.
   *
   * @param setting the training; what it checkpoints does not matter
   * @param batch micro-batch that shall fit
   * @throws dev.headroom.op.UnsupportedOperatorException if an operator has no rule
   */
  public CheckpointChoice(Replan replan, Setting setting, long batch) {
    this.replan = replan;
    this.setting = setting;
    this.batch = batch;
    this.blocks = Blocks.of(setting.graph());
    this.flops = new double[blocks.size()];
    for (int i = 0; i < flops.length; i++) {
      FlopCounter counted = replan.flops(with(checkpoint(only(i))), batch);
      flops[i] = counted == null ? Double.NaN : counted.again();
    }
  }

  /** The choice, or null if none fits, or if an operator has no rule to count its work by. */
  public @Nullable Checkpoint find() {
    if (blocks.isEmpty() || Arrays.stream(flops).anyMatch(Double::isNaN)) {
      return null;
    }
    BitSet chosen = blocks.size() <= ENUMERABLE ? enumerated() : searched();
    return chosen == null ? null : checkpoint(chosen);
  }

  /** The first subset that fits, of all from cheap to dear; of equal ones that of fewer blocks. */
  @Nullable BitSet enumerated() {
    return IntStream.range(0, 1 << blocks.size())
        .mapToObj(bits -> BitSet.valueOf(new long[] {bits}))
        .sorted(Comparator.comparingDouble(this::cost).thenComparingInt(BitSet::cardinality))
        .filter(this::fits)
        .findFirst()
        .orElse(null);
  }

  /** A good subset of many blocks. */
  @Nullable BitSet searched() {
    BitSet every = new BitSet();
    every.set(0, flops.length);
    BlockModel model = new BlockModel(peaks(new BitSet()), peaks(every), flops);
    BitSet chosen = modelled(model, every);
    if (chosen == null) {
      return null;
    }
    for (BitSet better = chosen; better != null; better = cheaper(chosen, model)) {
      chosen = better;
      prune(chosen);
    }
    return chosen;
  }

  /** The cheapest by the model that really fits: a limit is lowered until what it gives does. */
  private @Nullable BitSet modelled(BlockModel model, BitSet every) {
    long most = model.peak(new BitSet());
    long step = Math.max(1, (most - model.peak(every)) / STEPS);
    for (long limit = Math.min(most, replan.liveLimit() + step); ; limit -= step) {
      BitSet chosen = model.cheapest(limit);
      if (chosen == null) {
        return tightest(model, limit, limit + step, every);
      }
      if (fits(chosen)) {
        for (long finer = limit + step; finer > limit; finer -= Math.max(1, step / FINER)) {
          BitSet other = model.cheapest(finer);
          if (other != null && cost(other) < cost(chosen) && fits(other)) {
            return other;
          }
        }
        return chosen;
      }
    }
  }

  /** What keeps the peak lowest, by the model or of all that there is. */
  private @Nullable BitSet tightest(BlockModel model, long none, long some, BitSet every) {
    long below = none;
    long above = some;
    while (above - below > 1) {
      long limit = below + (above - below) / 2;
      BitSet chosen = model.cheapest(limit);
      if (chosen == null) {
        below = limit;
      } else if (fits(chosen)) {
        return chosen;
      } else {
        above = limit;
      }
    }
    return fits(every) ? every : null;
  }

  /** Leaves out what is not needed, the dearest first. */
  private void prune(BitSet chosen) {
    List<Integer> order = new ArrayList<>(chosen.stream().boxed().toList());
    order.sort(Comparator.comparingDouble(block -> -flops[block]));
    for (int block : order) {
      chosen.clear(block);
      if (!fits(chosen)) {
        chosen.set(block);
      }
    }
  }

  /** The same with one or two blocks exchanged for one or two that cost less, or null. */
  private @Nullable BitSet cheaper(BitSet chosen, BlockModel model) {
    BitSet rest = new BitSet();
    rest.set(0, flops.length);
    rest.andNot(chosen);
    List<BitSet> ins = upToTwo(rest);
    // The model errs alike for subsets that differ little.
    long limit = model.peak(chosen) + Math.max(0, replan.liveLimit() - live(chosen));
    int plans = 0;
    for (BitSet out : upToTwo(chosen)) {
      for (BitSet in : ins) {
        BitSet other = (BitSet) chosen.clone();
        other.andNot(out);
        other.or(in);
        if (cost(in) < cost(out) && model.peak(other) <= limit && plans++ < MOST_PLANS) {
          if (fits(other)) {
            return other;
          }
        }
      }
    }
    return null;
  }

  private static List<BitSet> upToTwo(BitSet from) {
    List<BitSet> out = new ArrayList<>();
    for (int first : from.stream().toArray()) {
      for (int second : from.stream().filter(i -> i >= first).toArray()) {
        BitSet pair = only(first);
        pair.set(second);
        out.add(pair);
      }
    }
    return out;
  }

  private BlockPeaks peaks(BitSet subset) {
    return BlockPeaks.of(replan.ledger(with(checkpoint(subset)), batch), blocks);
  }

  private boolean fits(BitSet subset) {
    Boolean known = tried.get(subset);
    if (known == null) {
      // Live bytes are quick to know, and never more than what is reserved for them.
      known = live(subset) <= replan.liveLimit() && replan.fits(with(checkpoint(subset)), batch);
      tried.put((BitSet) subset.clone(), known);
    }
    return known;
  }

  private long live(BitSet subset) {
    try {
      return new Timeline(replan.ledger(with(checkpoint(subset)), batch)).peak().liveBytes();
    } catch (ArithmeticException e) {
      // More than 63 bits hold.
      return Long.MAX_VALUE;
    }
  }

  /** What is computed again with some blocks checkpointed, in operations of a step. */
  double cost(BitSet subset) {
    return subset.stream().mapToDouble(i -> flops[i]).sum();
  }

  private Setting with(Checkpoint checkpoint) {
    return setting.with(setting.recipe().with(checkpoint));
  }

  private Checkpoint checkpoint(BitSet subset) {
    return subset.cardinality() == blocks.size() ? Checkpoint.BLOCKS : Checkpoint.of(names(subset));
  }

  /** Names of modules that hold these blocks and no others, the outermost that do. */
  private List<String> names(BitSet subset) {
    Set<String> names = new LinkedHashSet<>();
    for (int i : subset.stream().toArray()) {
      String path = blocks.get(i).path();
      String name = path;
      for (int dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
        String module = path.substring(0, dot);
        boolean whole =
            IntStream.range(0, blocks.size())
                .allMatch(b -> subset.get(b) || !blocks.get(b).isIn(module));
        name = whole ? module : name;
      }
      names.add(name);
    }
    return List.copyOf(names);
  }

  private static BitSet only(int block) {
    BitSet one = new BitSet();
    one.set(block);
    return one;
  }
}
