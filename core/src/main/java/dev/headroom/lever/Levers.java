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
   * The levers, each alone, cheapest first. Left out is what cannot be planned (see {@link
   * #unplanned}), and accumulation where the batch cannot be halved.
   *
   * @param want samples per step that shall fit: of the blocks that may be checkpointed, those with
   *     the least to compute again for that are a lever too
   */
  public List<Row> alone(Row now, long want) {
    List<Row> out = new ArrayList<>();
    List<Lever> all = new ArrayList<>(catalogue.levers());
    all.addAll(more);
    Lever some = now.largest() >= want ? null : someBlocks(want);
    if (some != null) {
      all.add(some);
    }
    for (Lever lever : all) {
      int passes = lever.apply(base).recipe().accumulate();
      if (now.step() % passes != 0) {
        continue;
      }
      try {
        out.add(row(List.of(lever), now.step()));
      } catch (UnsupportedOperatorException | RecordingMismatchException e) {
        // Nothing is claimed about what cannot be planned, but that.
        unplanned.put(lever.option(), String.valueOf(e.getMessage()));
      }
    }
    out.sort(
        Comparator.comparing((Row r) -> r.levers().getFirst().price())
            .thenComparingDouble(Row::recompute)
            .thenComparing(r -> r.levers().getFirst().kind() == Kind.SAMPLE)
            .thenComparingLong(Levers::gain));
    return out;
  }

  /** Those of them that help by themselves, by bytes or by batch. */
  public static List<Row> helpful(List<Row> alone, Row now) {
    return alone.stream()
        .filter(row -> row.bytes() < now.bytes() || row.largest() > now.largest())
        .toList();
  }

  /**
   * The blocks to checkpoint with nothing else changed; null if none will do, or all have to be.
   */
  private @Nullable Lever someBlocks(long want) {
    if (!catalogue.mayCheckpoint()) {
      return null;
    }
    long micro = Math.ceilDiv(want, base.recipe().accumulate());
    Checkpoint found = new CheckpointChoice(replan, base, micro).find();
    return found == null || found.isNone() || found.all() ? null : catalogue.checkpoint(found);
  }

  /**
   * Of equal price, what saves more comes first; of samples, which come last, and of parts that
   * learn, the larger.
   */
  private static long gain(Row row) {
    Lever lever = row.levers().getFirst();
    boolean larger = lever.kind() == Kind.SAMPLE || lever.price() == Price.PART;
    return larger ? -row.bytes() : row.bytes();
  }

  /** Levers that {@link #alone} could not plan, by their option, and why. */
  public Map<String, String> unplanned() {
    return Collections.unmodifiableMap(unplanned);
  }

  /** Which levers may reach what is wanted. */
  public enum Way {
    ANY,
    /** No more passes than there are. */
    AT_ONCE,
    /** Numbers of fewer bits in one pass, with nothing else that costs anything. */
    PRECISION
  }

  /**
   * The cheapest levers that together allow so many samples per step; see {@link CheapestLevers}.
   *
   * @param alone as above, for the same training
   * @return null if all of them together do not
   */
  public @Nullable Row reaching(long want, List<Row> alone, Way way) {
    List<Row> allowed =
        way == Way.PRECISION ? alone.stream().filter(Levers::isPrecision).toList() : alone;
    List<Lever> found =
        new CheapestLevers(base, replan, catalogue, allowed, want).find(way == Way.ANY);
    return found == null ? null : fitting(found, want);
  }

  private static boolean isPrecision(Row row) {
    Lever lever = row.levers().getFirst();
    return lever.price() == Price.NONE || lever.kind() == Kind.PRECISION;
  }

  /**
   * The fewest micro-batches per step that allow so many samples with nothing else changed; null if
   * even single samples are too much.
   */
  public @Nullable Row accumulating(long want) {
    Lever passes =
        new CheapestLevers(base, replan, catalogue, List.of(), want).fewestPasses(List.of(), 0);
    return passes == null ? null : fitting(List.of(passes), want);
  }

  /** What surely fits counts, also where a smaller batch does not. */
  private Row fitting(List<Lever> levers, long want) {
    Row row = row(levers, want);
    return new Row(
        levers, want, row.batch(), row.bytes(), Math.max(want, row.largest()), row.flops());
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

  private long largest(List<Lever> levers) {
    Setting setting = setting(levers);
    LargestBatch largest = replan.largest(setting);
    return largest == null
        ? 0
        : Math.multiplyExact(largest.fits(), (long) setting.recipe().accumulate());
  }

  private Setting setting(List<Lever> levers) {
    return setting(base, levers);
  }

  /** A training with levers pulled. */
  static Setting setting(Setting base, List<Lever> levers) {
    // Another sample is another graph, so it comes before what changes a graph; so does in-place,
    // before parameters are frozen, as the command line has it.
    List<Lever> ordered = new ArrayList<>(levers);
    ordered.sort(
        Comparator.comparing((Lever lever) -> lever.kind() != Kind.SAMPLE)
            .thenComparing(lever -> lever.kind() != Kind.ACTIVATION));
    Setting setting = base;
    for (Lever lever : ordered) {
      setting = lever.apply(setting);
    }
    return setting;
  }
}
