package dev.headroom.lever;

import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.lever.Lever.Kind;
import dev.headroom.lever.Lever.Price;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.LargestBatch;
import dev.headroom.recipe.Checkpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The levers of a training, each planned anew: what it saves, which batch it gives. Batches here
 * are samples per optimizer step: micro-batch times accumulation.
 */
public final class Levers {
  private final Setting base;
  private final Replan replan;
  private final List<Lever> more;
  private final Catalogue catalogue;
  private final Map<String, String> unplanned = new LinkedHashMap<>();

  /**
   * As {@link Catalogue}; re-plans are for the same device, data and budget.
   *
   * @param more levers of this network, which only its maker knows
   */
  public Levers(Setting base, Replan replan, boolean gpu, boolean bf16, List<Lever> more) {
    this.base = base;
    this.replan = replan;
    this.more = List.copyOf(more);
    this.catalogue = new Catalogue(base, gpu, bf16);
  }

  /**
   * A training with some levers pulled, as its plan shows it.
   *
   * @param levers those pulled, cheapest first; empty for the training as it is
   * @param step samples per optimizer step that the bytes are for
   * @param batch samples per micro-batch in it
   * @param bytes the most bytes at once
   * @param largest the most samples per optimizer step within the budget; 0 if not even
   *     micro-batches of one sample fit
   * @param flops operations of the step, or null where an operator has no rule
   */
  public record Row(
      List<Lever> levers,
      long step,
      long batch,
      long bytes,
      long largest,
      @Nullable FlopCounter flops) {
    public Row {
      levers = List.copyOf(levers);
    }

    /** What to add to the command line, the batch left out. */
    public String options() {
      return String.join(" ", levers.stream().map(Lever::option).toList());
    }

    /** Micro-batches per optimizer step. */
    public long passes() {
      return Math.ceilDiv(step, batch);
    }

    /** Whether it changes how many passes a step has. */
    public boolean accumulates() {
      return levers.stream().anyMatch(lever -> lever.kind() == Kind.ACCUMULATE);
    }

    /** What is computed again in backward, as a share of forward's operations; 0 if unknown. */
    public double recompute() {
      return flops == null || flops.forward() == 0 ? 0 : flops.again() / flops.forward();
    }
  }

  /** The training as it is. */
  public Row base(long batch) {
    return row(List.of(), Math.multiplyExact(batch, (long) base.recipe().accumulate()));
  }

  /**
   * The levers that help, by bytes or by batch, cheapest first. Left out is what cannot be planned
   * (see {@link #unplanned}), and accumulation where the batch cannot be halved.
   *
   * @param want samples per step that shall fit: of the blocks that may be checkpointed, those with
   *     the least to compute again for that are a lever too
   */
  public List<Row> helpful(Row now, long want) {
    List<Row> out = new ArrayList<>();
    List<Lever> all = new ArrayList<>(catalogue.levers());
    all.addAll(more);
    Lever some = now.largest() >= want ? null : someBlocks(List.of(), want);
    if (some != null) {
      all.add(some);
    }
    for (Lever lever : all) {
      int passes = lever.apply(base).recipe().accumulate();
      if (now.step() % passes != 0) {
        continue;
      }
      try {
        Row row = row(List.of(lever), now.step());
        if (row.bytes() < now.bytes() || row.largest() > now.largest()) {
          out.add(row);
        }
      } catch (UnsupportedOperatorException | RecordingMismatchException e) {
        // Nothing is claimed about what cannot be planned, but that.
        unplanned.put(lever.option(), String.valueOf(e.getMessage()));
      }
    }
    out.sort(
        Comparator.comparing((Row r) -> r.levers().getFirst().price())
            .thenComparingDouble(Row::recompute)
            .thenComparingLong(Levers::gain));
    return out;
  }

  /** The blocks to checkpoint beside other levers; null if none will do, or all have to be. */
  private @Nullable Lever someBlocks(List<Lever> others, long want) {
    if (!catalogue.mayCheckpoint()) {
      return null;
    }
    Setting setting = setting(others);
    long micro = Math.ceilDiv(want, setting.recipe().accumulate());
    Checkpoint found = new CheckpointChoice(replan, setting, micro).find();
    return found == null || found.isNone() || found.all() ? null : catalogue.checkpoint(found);
  }

  /**
   * Of equal price, what saves more comes first; of samples and of parts that learn, the larger.
   */
  private static long gain(Row row) {
    Lever lever = row.levers().getFirst();
    boolean larger = lever.kind() == Kind.SAMPLE || lever.price() == Price.PART;
    return larger ? -row.bytes() : row.bytes();
  }

  /** Levers that {@link #helpful} could not plan, by their option, and why. */
  public Map<String, String> unplanned() {
    return Collections.unmodifiableMap(unplanned);
  }

  /**
   * The levers that together allow so many samples per step: cheap ones first, each only if the
   * rest needs it. Accumulation has its turn behind what is cheaper, with the fewest passes that
   * reach them then.
   *
   * @param helpful as above, for the same training
   * @param accumulate whether more passes are a lever too
   * @return null if all of them together do not
   */
  public @Nullable Row reaching(long want, List<Row> helpful, boolean accumulate) {
    List<Lever> pulled = new ArrayList<>();
    long best = planned(pulled);
    boolean turn = false;
    for (Row row : helpful) {
      Lever lever = row.levers().getFirst();
      if (!turn && accumulate && isDearerThanPasses(row)) {
        turn = true;
        best = accumulate(pulled, best, want);
      }
      if (best >= want) {
        break;
      }
      if (lever.kind() == Kind.ACCUMULATE) {
        continue;
      }
      List<Lever> next = new ArrayList<>(pulled);
      next.removeIf(l -> l.kind() == lever.kind());
      next.add(lever);
      long reached = planned(next);
      // Until something fits, each that saves bytes may be part of what does.
      if (reached > best || best == 0) {
        best = reached;
        pulled = next;
      }
      best = turn ? accumulate(pulled, best, want) : best;
    }
    best = accumulate && !turn ? accumulate(pulled, best, want) : best;
    if (best < want) {
      return null;
    }
    // What is free stays until the rest is as little as it can be, then goes where it does nothing.
    pulled = withoutNeedless(pulled, want, false);
    pulled = withFewerBlocks(pulled, want);
    return row(withoutNeedless(pulled, want, true), want);
  }

  private boolean isDearerThanPasses(Row row) {
    int price = row.levers().getFirst().price().compareTo(catalogue.accumulate(2).price());
    return price > 0 || (price == 0 && row.recompute() > 0);
  }

  /** Adds the fewest passes that reach what is wanted, if any do; returns what is reached then. */
  private long accumulate(List<Lever> pulled, long best, long want) {
    Lever passes = best >= want || best == 0 ? null : fewestPasses(pulled, want);
    if (passes == null) {
      return best;
    }
    pulled.add(passes);
    return planned(pulled);
  }

  /** The same without what is not needed, the dearest first. */
  private List<Lever> withoutNeedless(List<Lever> pulled, long want, boolean free) {
    List<Lever> left = pulled;
    for (Lever lever : List.copyOf(pulled).reversed()) {
      List<Lever> without = new ArrayList<>(left);
      without.remove(lever);
      if ((free || lever.price() != Price.NONE) && planned(without) >= want) {
        left = without;
      }
    }
    return left;
  }

  /** The same with no more blocks computed again than the other levers leave to do. */
  private List<Lever> withFewerBlocks(List<Lever> pulled, long want) {
    List<Lever> others = pulled.stream().filter(l -> l.kind() != Kind.CHECKPOINT).toList();
    Lever some = others.size() == pulled.size() ? null : someBlocks(others, want);
    if (some == null) {
      return pulled;
    }
    List<Lever> out = new ArrayList<>(pulled);
    out.replaceAll(lever -> lever.kind() == Kind.CHECKPOINT ? some : lever);
    return planned(out) >= want ? out : pulled;
  }

  /**
   * The fewest micro-batches per step that allow so many samples with nothing else changed; null if
   * even single samples are too much.
   */
  public @Nullable Row accumulating(long want) {
    Lever passes = fewestPasses(List.of(), want);
    return passes == null ? null : row(List.of(passes), want);
  }

  /**
   * The fewest further passes, beside other levers, that divide a step into equal micro-batches
   * which fit; null if even the smallest do not. A smaller micro-batch never needs more.
   */
  private @Nullable Lever fewestPasses(List<Lever> others, long want) {
    List<Integer> times = furtherPasses(want);
    int fails = -1;
    int fits = times.size();
    for (int i = fits - 1; fits - fails > 1; i = fails + (fits - fails) / 2) {
      if (fits(with(others, catalogue.accumulate(times.get(i))), want)) {
        fits = i;
      } else if (fits == times.size()) {
        return null;
      } else {
        fails = i;
      }
    }
    return fits == times.size() ? null : catalogue.accumulate(times.get(fits));
  }

  /** By how many times more passes a step can be divided, from few to many. */
  private List<Integer> furtherPasses(long want) {
    int now = base.recipe().accumulate();
    long most = want % now == 0 ? want / now : 1;
    List<Integer> few = new ArrayList<>();
    List<Integer> many = new ArrayList<>();
    for (long times = 1; times * times <= most; times++) {
      if (most % times == 0) {
        few.add((int) times);
        if (times * times < most) {
          many.add((int) (most / times));
        }
      }
    }
    few.addAll(many.reversed());
    return few.subList(1, few.size());
  }

  /** Whether so many samples per step surely fit; not, where that cannot be planned. */
  private boolean fits(List<Lever> levers, long want) {
    try {
      Setting setting = setting(levers);
      return replan.fits(setting, Math.ceilDiv(want, setting.recipe().accumulate()));
    } catch (UnsupportedOperatorException | RecordingMismatchException e) {
      return false;
    }
  }

  private static List<Lever> with(List<Lever> some, Lever more) {
    List<Lever> all = new ArrayList<>(some);
    all.add(more);
    return all;
  }

  /** Samples per step, a multiple of the accumulation. */
  private Row row(List<Lever> levers, long step) {
    Setting setting = setting(levers);
    long micro = Math.ceilDiv(step, setting.recipe().accumulate());
    return new Row(
        levers,
        step,
        micro,
        replan.bytes(setting, micro),
        largest(levers),
        replan.flops(setting, micro));
  }

  /** The same, 0 for what cannot be planned. */
  private long planned(List<Lever> levers) {
    try {
      return largest(levers);
    } catch (UnsupportedOperatorException | RecordingMismatchException e) {
      return 0;
    }
  }

  private long largest(List<Lever> levers) {
    Setting setting = setting(levers);
    LargestBatch largest = replan.largest(setting);
    return largest == null
        ? 0
        : Math.multiplyExact(largest.fits(), (long) setting.recipe().accumulate());
  }

  private Setting setting(List<Lever> levers) {
    // Another sample is another graph, so it comes before what changes a graph.
    List<Lever> ordered = new ArrayList<>(levers);
    ordered.sort(Comparator.comparing((Lever lever) -> lever.kind() != Kind.SAMPLE));
    Setting setting = base;
    for (Lever lever : ordered) {
      setting = lever.apply(setting);
    }
    return setting;
  }
}
