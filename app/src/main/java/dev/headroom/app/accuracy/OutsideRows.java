package dev.headroom.app.accuracy;

import dev.headroom.app.accuracy.MaxBatchSection.Predicted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The rows outside the plan's interval: what is known of each. */
final class OutsideRows {
  private OutsideRows() {}

  /** Two tables with what they hold. */
  static List<String> lines(List<Predicted> all) {
    List<String> lines = new ArrayList<>();
    tooMuch(lines, all);
    tooLittle(lines, all);
    return lines;
  }

  private static void tooMuch(List<String> lines, List<Predicted> all) {
    List<TrainedNeed> trained = all.stream().map(Predicted::trained).toList();
    List<String> rows = new ArrayList<>();
    long witnessed = 0;
    for (Predicted p : all) {
      if (p.optimistic() <= 0) {
        continue;
      }
      TrainedNeed witness = TrainedNeed.mostAlike(trained, p.trained().calls(), p.failedBytes());
      witnessed += witness == null ? 0 : 1;
      rows.add(
          MaxBatchSection.cells(p)
              + String.format(Locale.ROOT, "%s | %s | ", p.cause(), gib(p.failedBytes()))
              + (witness == null ? "none" : words(witness, p))
              + " |");
    }
    lines.add("### Too much");
    lines.add("");
    lines.add("The table says that a batch failed, not why. So the batch that failed stands here");
    lines.add("beside what it needs by the plan (live at one moment, without cuDNN's");
    lines.add("workspaces and the context), and beside a witness: of the networks that trained a");
    lines.add(
        "batch which needs at least as much by the same plan, the one that calls most nearly");
    lines.add("the same operators (in brackets: the share of calls in common).");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "**%d of %d have a witness.** There the card held as much, so what the plan lacks is no",
            witnessed,
            rows.size()));
    lines.add("rule that both networks share. Left is what differs from run to run: which kernels");
    lines.add(
        "cuDNN chose by timing them, and their workspaces; memory in pieces after the attempts");
    lines.add(
        "before (timm's script tries all batches in one process); an error that was not about");
    lines.add("memory (the script takes a smaller batch after almost any).");
    lines.add("");
    lines.add(
        "| model | image | trained | surely fits | may fit | | failed batch needs | witness |");
    lines.add("|---|---:|---:|---:|---:|---|---:|---|");
    lines.addAll(rows);
    lines.add("");
  }

  private static String words(TrainedNeed witness, Predicted p) {
    return String.format(
        Locale.ROOT,
        "%s (%.0f %%) trained %d at %d: %s",
        witness.row().model(),
        100 * witness.alike(p.trained().calls()),
        witness.row().batch(),
        witness.row().side(),
        gib(witness.bytes()));
  }

  private static void tooLittle(List<String> lines, List<Predicted> all) {
    lines.add("### Too little");
    lines.add("");
    lines.add("| model | image | trained | surely fits | may fit | cause |");
    lines.add("|---|---:|---:|---:|---:|---|");
    for (Predicted p : all) {
      if (!p.inside() && p.optimistic() <= 0) {
        lines.add(MaxBatchSection.cells(p) + p.cause() + " |");
      }
    }
    lines.add("");
  }

  private static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1L << 30));
  }
}
