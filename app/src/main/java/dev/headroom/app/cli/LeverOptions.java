package dev.headroom.app.cli;

import dev.headroom.app.UsageException;
import dev.headroom.ledger.Peak;
import dev.headroom.lever.Lever.Kind;
import dev.headroom.lever.Lever.Price;
import dev.headroom.lever.Levers;
import dev.headroom.lever.Levers.Row;
import dev.headroom.lever.Levers.Way;
import dev.headroom.report.LeverReport;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What could be changed so that less memory is needed. */
final class LeverOptions {
  @Option(
      names = "--levers",
      description = "What could be changed: bytes and batch of each, planned anew.")
  boolean table;

  @Option(
      names = "--want-batch",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "The cheapest levers that allow N samples per optimizer step.")
  @Nullable Integer want;

  private boolean asked() {
    return table || want != null;
  }

  /**
   * The answer, or null where nobody asked and it is not needed: by itself it comes when not even
   * batch 1 fits.
   *
   * @param planning made only where there is something to answer: networks are built for it
   * @param batch micro-batch of the plan
   * @param samples size of the data set, 0 if unknown
   */
  @Nullable LeverReport report(
      Setup setup, Supplier<Levers> planning, long batch, Peak peak, boolean none, long samples) {
    boolean own = setup.graph.ownBatch().isPresent();
    if (own && asked()) {
      throw new UsageException(
          setup.graph.name() + " takes one batch alone, so that no other can be planned",
          "Leave --levers and --want-batch out, or export with a dynamic batch.");
    }
    if (own || !(asked() || none)) {
      return null;
    }
    if (want != null && samples > 0 && want > samples) {
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "--want-batch %d is more than the data set has: %d samples, and no step holds more",
              want,
              samples),
          "Ask for " + samples + " at most, or plan for a larger data set (--samples).");
    }
    long wanted = want != null ? want : none ? 1 : 0;
    Levers levers = planning.get();
    Row now = levers.base(batch);
    List<Row> alone = levers.alone(now, table ? Math.max(wanted, now.step()) : 0);
    Row reaching = wanted == 0 ? null : levers.reaching(wanted, alone, Way.ANY);
    boolean accumulates = reaching != null && reaching.accumulates();
    Row atOnce = accumulates ? levers.reaching(wanted, alone, Way.AT_ONCE) : null;
    Row byPrecision =
        reaching == null || wanted == 1 || needsNeither(reaching) || needsNeither(atOnce)
            ? null
            : levers.reaching(wanted, alone, Way.PRECISION);
    boolean passesAlone = accumulates && reaching != null && reaching.levers().size() == 1;
    boolean other = reaching == null || !(reaching.levers().isEmpty() || passesAlone);
    Row accumulating = wanted > 1 && other ? levers.accumulating(wanted) : null;
    return new LeverReport(
        now,
        Levers.helpful(alone, now),
        levers.unplanned(),
        SampleLevers.notes(setup),
        peak,
        wanted,
        reaching,
        atOnce,
        byPrecision,
        accumulating,
        table,
        samples);
  }

  /**
   * Whether numbers of fewer bits are part of an answer in one pass already, or less than that will
   * do.
   */
  private static boolean needsNeither(@Nullable Row row) {
    return row != null
        && !row.accumulates()
        && (row.levers().stream().allMatch(lever -> lever.price() == Price.NONE)
            || row.levers().stream().anyMatch(lever -> lever.kind() == Kind.PRECISION));
  }
}
