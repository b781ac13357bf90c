package dev.headroom.app.accuracy;

import dev.headroom.app.accuracy.MaxBatchSection.Predicted;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * How far both ends of the plan's interval lie from what was observed, in the steps that were
 * tried, since what was observed is known no more exactly.
 */
final class BatchSteps {
  /** Beyond so many steps, rows are counted together. */
  private static final int FAR = 3;

  private BatchSteps() {}

  /** Steps by which what surely fits lies above what trained; negative below. */
  static int surely(Predicted p) {
    return p.row().stepsAbove(p.surely());
  }

  /** Steps by which what may fit lies above what trained; negative below. */
  static int atMost(Predicted p) {
    return p.row().stepsAbove(p.atMost());
  }

  /** Both, as one cell of a table. */
  static String cell(Predicted p) {
    int from = surely(p);
    int to = atMost(p);
    return from == to ? signed(from) : signed(from) + " to " + signed(to);
  }

  private static String signed(int steps) {
    return steps == 0 ? "0" : String.format(Locale.ROOT, "%+d", steps);
  }

  /** The distribution, and percentiles of the rows outside. */
  static List<String> lines(List<Predicted> all, Map<String, Object> json) {
    // 512 was the largest tried: nothing tells whether more would have trained.
    List<Predicted> open = all.stream().filter(p -> p.row().next() > p.row().batch()).toList();
    List<String> lines = new ArrayList<>();
    lines.add("### How far");
    lines.add("");
    lines.add("A limit is known between two batches: one trained, the next one tried failed. So");
    lines.add("distances are counted in the steps tried (a third or a half more, mostly). Below");
    lines.add(
        String.format(
            Locale.ROOT,
            "are the rows whose limit was found, %d, and all %d with those that trained %d, the",
            open.size(),
            all.size(),
            TimmRow.TRIED.getFirst()));
    lines.add("largest tried, of which nothing above can be seen.");
    lines.add("");
    lines.add("| from what trained | surely fits | may fit | of all: surely fits | may fit |");
    lines.add("|---|---:|---:|---:|---:|");
    for (int steps = FAR; steps >= -FAR; steps--) {
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d | %d |",
              words(steps),
              count(open, BatchSteps::surely, steps),
              count(open, BatchSteps::atMost, steps),
              count(all, BatchSteps::surely, steps),
              count(all, BatchSteps::atMost, steps)));
    }
    List<String> widths = new ArrayList<>();
    Map<String, Long> counted = new LinkedHashMap<>();
    for (int steps = 0; steps <= FAR; steps++) {
      long rows = count(open, p -> atMost(p) - surely(p), steps);
      widths.add(
          String.format(Locale.ROOT, "%d%s: %d", steps, steps == FAR ? " or more" : "", rows));
      counted.put(Integer.toString(steps), rows);
    }
    lines.add("");
    lines.add(
        "The interval's width in steps, of the rows whose limit was found: "
            + String.join("; ", widths)
            + ".");
    lines.add(outside(all));
    lines.add("");
    json.put("widthInSteps", counted);
    return lines;
  }

  private static String outside(List<Predicted> all) {
    double[] off =
        all.stream()
            .filter(p -> !p.inside())
            .mapToDouble(p -> Math.abs(p.offPercent()))
            .sorted()
            .toArray();
    return off.length == 0
        ? "None lies outside."
        : String.format(
            Locale.ROOT,
            "The %d outside: what surely fits is more than the batch that failed, or what may fit"
                + " less than the one that trained, by %.1f %% in the median, %.1f %% at the 90th"
                + " percentile and %.1f %% at worst.",
            off.length,
            quantile(off, 0.5),
            quantile(off, 0.9),
            off[off.length - 1]);
  }

  private static double quantile(double[] sorted, double q) {
    return sorted[(int) Math.clamp(Math.ceil(q * sorted.length) - 1, 0, sorted.length - 1)];
  }

  /** Rows so many steps away; at the ends, so many or more. */
  static long count(List<Predicted> rows, ToIntFunction<Predicted> steps, int wanted) {
    return rows.stream().filter(p -> Math.clamp(steps.applyAsInt(p), -FAR, FAR) == wanted).count();
  }

  private static String words(int steps) {
    if (steps == 0) {
      return "equal";
    }
    int many = Math.abs(steps);
    return many
        + (many == FAR ? " or more steps" : many == 1 ? " step" : " steps")
        + (steps > 0 ? " above" : " below");
  }
}
