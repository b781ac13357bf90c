package dev.headroom.report;

import dev.headroom.ledger.Category;
import dev.headroom.ledger.Peak;
import dev.headroom.lever.Lever;
import dev.headroom.lever.Levers.Row;
import dev.headroom.paper.FlopCounter;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What could be changed, as plans show it: each lever alone, and what reaches a wanted batch.
 *
 * @param now the training as it is
 * @param helpful levers, cheapest first
 * @param unplanned levers that could not be planned, by their option, and why
 * @param notes what else there is to say about levers, a sentence or two each
 * @param peak the highest point of the training as it is; where nothing fits, at batch 1
 * @param want samples per step that are wanted; 1 where all that is asked is what fits at all; 0
 *     for the table alone
 * @param reaching the levers that reach it, or null
 * @param atOnce where those accumulate, what reaches it without, or null
 * @param byPrecision where those compute something again or accumulate, numbers of fewer bits in
 *     one pass instead, or null
 * @param accumulating accumulation alone, if that reaches it in another way, or null
 * @param table whether the table was asked for
 * @param samples size of the data set, 0 if unknown
 */
public record LeverReport(
    Row now,
    List<Row> helpful,
    Map<String, String> unplanned,
    List<String> notes,
    Peak peak,
    long want,
    @Nullable Row reaching,
    @Nullable Row atOnce,
    @Nullable Row byPrecision,
    @Nullable Row accumulating,
    boolean table,
    long samples) {
  private static final int WIDTH = 80;

  /** Longer options have a line of their own, above their figures. */
  private static final int LONGEST = 28;

  public LeverReport {
    helpful = List.copyOf(helpful);
    notes = List.copyOf(notes);
    unplanned = Collections.unmodifiableMap(new LinkedHashMap<>(unplanned));
  }

  /** Whether what is wanted can be had. */
  public boolean reached() {
    return want == 0 || reaching != null || accumulating != null;
  }

  /** For people, at most 80 columns wide. */
  public List<String> text() {
    List<String> lines = new ArrayList<>(List.of(""));
    if (now.largest() == 0) {
      lines.addAll(dominant());
    }
    if (table) {
      lines.addAll(rows());
    }
    if (want > 0) {
      lines.addAll(wanted());
    }
    return OptionLines.wrap(lines, WIDTH);
  }

  private List<String> dominant() {
    Category most = most();
    return List.of(
        String.format(
            Locale.ROOT,
            "Most of batch 1's peak of %,d live bytes is %s: %s.",
            peak.liveBytes(),
            name(most),
            Bytes.format(peak.byCategory().getOrDefault(most, 0L))));
  }

  private Category most() {
    Category most = Category.PARAMETER;
    for (Category category : Category.values()) {
      if (peak.byCategory().getOrDefault(category, 0L) > peak.byCategory().getOrDefault(most, 0L)) {
        most = category;
      }
    }
    return most;
  }

  private static String name(Category category) {
    return category.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private List<String> rows() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "At %,d samples a step%s; each lever alone, planned anew. Largest: samples a step.",
            now.step(),
            now.passes() == 1
                ? ""
                : String.format(Locale.ROOT, " in %,d passes of %,d", now.passes(), now.batch())));
    TextTable table =
        new TextTable().header("lever, cheapest first", "saves", "largest", "it costs");
    table.row("as it is", "", count(now.largest()), "");
    for (Row row : helpful) {
      String option = options(row, false);
      String title = option;
      if (option.length() > LONGEST) {
        title = option.length() > WIDTH ? title(row) : "";
        if (title.isEmpty()) {
          table.across(option);
        }
      }
      table.row(title, saved(row), count(row.largest()), shortCost(row, row.levers().getFirst()));
    }
    lines.addAll(table.lines());
    for (Row row : helpful) {
      String option = options(row, false);
      if (option.length() > WIDTH) {
        lines.add(title(row) + ": " + option);
      }
    }
    if (samples > 0 && Math.max(now.largest(), mostOf(helpful)) > samples) {
      lines.add(
          String.format(Locale.ROOT, "The data set has %,d samples: no step holds more.", samples));
    }
    if (helpful.isEmpty()) {
      lines.add("No lever helps.");
    }
    unplanned.forEach((option, why) -> lines.add(option + " could not be planned: " + why));
    lines.addAll(notes);
    return lines;
  }

  private static long mostOf(List<Row> rows) {
    return rows.stream().mapToLong(Row::largest).max().orElse(0);
  }

  /** Short enough for a table. */
  private static String title(Row row) {
    Lever lever = row.levers().getFirst();
    String option = row.options();
    int names = option.split(",", -1).length;
    String many = isCheckpoint(lever) ? lever.cost() : names + " modules";
    return option.replaceFirst(" .*", " ") + many;
  }

  private static boolean isCheckpoint(Lever lever) {
    return lever.kind() == Lever.Kind.CHECKPOINT;
  }

  /** What a lever costs in a row: of checkpoints, what has to be computed again. */
  private static String cost(Row row, Lever lever) {
    FlopCounter flops = row.flops();
    if (!isCheckpoint(lever)) {
      return lever.cost();
    }
    return flops == null
        ? lever.cost() + " computed again"
        : Flops.format(flops.again())
            + " again, "
            + String.format(Locale.ROOT, "%.0f %% of forward", 100 * row.recompute());
  }

  /** The same for the table, whose rows have 80 columns. */
  private static String shortCost(Row row, Lever lever) {
    return cost(row, lever).replace(" of forward", "");
  }

  private String saved(Row row) {
    long bytes = now.bytes() - row.bytes();
    return bytes < 0 ? "-" + Bytes.format(-bytes) : Bytes.format(bytes);
  }

  private static String count(long batch) {
    return batch == 0 ? "none" : String.format(Locale.ROOT, "%,d", batch);
  }

  private List<String> wanted() {
    List<String> lines = new ArrayList<>();
    if (reaching != null && reaching.levers().isEmpty()) {
      lines.add(String.format(Locale.ROOT, "%,d samples a step fit as it is.", want));
      return lines;
    }
    if (reaching == null && accumulating == null) {
      lines.add(
          want == 1
              ? "No lever makes batch 1 fit, nor do all of them together."
              : String.format(
                  Locale.ROOT, "No levers reach %,d samples a step, nor do all together.", want));
      return lines;
    }
    if (reaching != null) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Cheapest that makes %s fit: %s. Up to %,d fit so.",
              want == 1 ? "batch 1" : String.format(Locale.ROOT, "%,d samples a step", want),
              options(reaching, want > 1),
              reaching.largest()));
      lines.addAll(costs(reaching));
    }
    if (atOnce != null) {
      lines.add("Or in one pass: " + options(atOnce, true) + ".");
      lines.addAll(costs(atOnce));
    }
    if (byPrecision != null) {
      lines.add("Or by precision, in one pass: " + options(byPrecision, true) + ".");
      lines.addAll(costs(byPrecision));
    }
    if (accumulating != null) {
      lines.add(
          (reaching == null ? "Only" : "Or")
              + " by accumulation alone: "
              + options(accumulating, true)
              + ".");
      lines.addAll(costs(accumulating));
    }
    return lines;
  }

  /** What to type; the micro-batch, too, where it is another one or belongs to the answer. */
  private static String options(Row row, boolean batch) {
    return batch || row.accumulates()
        ? "--batch " + row.batch() + " " + row.options()
        : row.options();
  }

  /** What a combination costs, in a sentence for each lever that is not free. */
  private static List<String> costs(Row row) {
    List<String> lines = new ArrayList<>();
    for (Lever lever : row.levers()) {
      if (lever.kind() == Lever.Kind.ACCUMULATE) {
        lines.add(
            String.format(
                Locale.ROOT,
                "  %,d passes of %,d samples: the kernels of forward and backward are launched"
                    + " %,d times a step%s.",
                row.passes(),
                row.batch(),
                row.passes(),
                lever.price() == Lever.Price.VALUES
                    ? String.format(
                        Locale.ROOT, ", and batch norm sees %,d samples at a time", row.batch())
                    : ""));
      } else if (lever.price() != Lever.Price.NONE) {
        lines.add("  " + lever.option().replaceFirst(" .*", "") + ": " + cost(row, lever) + ".");
      }
    }
    return lines;
  }

  /** The fields that {@code plan --levers --json} adds. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("asItIs", json(now, false));
    out.put("dominant", most().name());
    out.put("levers", helpful.stream().map(row -> json(row, false)).toList());
    if (!unplanned.isEmpty()) {
      out.put("unplanned", unplanned);
    }
    if (!notes.isEmpty()) {
      out.put("notes", notes);
    }
    if (want > 0) {
      out.put("want", want);
      if (reaching != null) {
        out.put("reaching", json(reaching, want > 1));
      }
      if (atOnce != null) {
        out.put("atOnce", json(atOnce, true));
      }
      if (byPrecision != null) {
        out.put("byPrecision", json(byPrecision, true));
      }
      if (accumulating != null) {
        out.put("accumulating", json(accumulating, true));
      }
    }
    return out;
  }

  private Map<String, Object> json(Row row, boolean batch) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("options", row.levers().isEmpty() ? "" : options(row, batch));
    out.put("samplesPerStep", row.step());
    out.put("batch", row.batch());
    out.put("bytes", row.bytes());
    if (row.step() == now.step()) {
      out.put("savedBytes", now.bytes() - row.bytes());
    }
    out.put("largest", row.largest());
    FlopCounter flops = row.flops();
    if (flops != null) {
      CheckpointGain.json(out, flops);
    }
    out.put("costs", row.levers().stream().map(lever -> cost(row, lever)).toList());
    return out;
  }
}
