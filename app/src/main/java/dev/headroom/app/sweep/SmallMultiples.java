package dev.headroom.app.sweep;

import dev.headroom.app.Terminal;
import dev.headroom.app.sweep.RunRecord.Look;
import dev.headroom.app.sweep.SweepResult.PerBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Training loss against steps and against time, one small picture per batch on common scales, in
 * characters: works without colour and at 80 columns.
 */
final class SmallMultiples {
  private static final String BARS = " ▁▂▃▄▅▆▇█";
  private static final int HEIGHT = 3;
  private static final int LABEL = 10;
  private static final int GAP = 4;
  private static final int WIDTH = (Terminal.WIDTH - LABEL - GAP) / 2;

  private SmallMultiples() {}

  static List<String> of(SweepResult result) {
    List<PerBatch> drawn =
        result.batches().stream()
            .filter(b -> !b.runs().isEmpty() && b.runs().getFirst().looks().size() > 1)
            .toList();
    if (drawn.isEmpty()) {
      return List.of();
    }
    double top = max(drawn, Look::trainLoss);
    double bottom = -max(drawn, look -> -look.trainLoss());
    double steps = max(drawn, look -> look.step());
    double seconds = max(drawn, Look::seconds);
    List<String> lines = new ArrayList<>(List.of(""));
    lines.add(
        String.format(
            Locale.ROOT,
            "Training loss (%.3g to %.3g, logarithmic) against steps, and against time:",
            bottom,
            top));
    for (PerBatch b : drawn) {
      List<Look> looks = b.runs().getFirst().looks();
      String[] left = plot(looks, look -> look.step(), steps, bottom, top);
      String[] right = plot(looks, Look::seconds, seconds, bottom, top);
      for (int row = 0; row < HEIGHT; row++) {
        String label = row == HEIGHT - 1 ? String.format(Locale.ROOT, "%8d ▕", b.batch()) : "";
        lines.add(
            (String.format("%-" + LABEL + "s", label) + left[row] + " ".repeat(GAP) + right[row])
                .stripTrailing());
      }
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%-" + LABEL + "s%-" + (WIDTH + GAP) + "s%s",
            "batch",
            axis("0", String.format(Locale.ROOT, "%,.0f steps", steps)),
            axis("0", String.format(Locale.ROOT, "%.3g s", seconds))));
    return lines;
  }

  private static String axis(String from, String to) {
    return from + " ".repeat(WIDTH - from.length() - to.length()) + to;
  }

  private static double max(List<PerBatch> batches, ToDoubleFunction<Look> figure) {
    return batches.stream()
        .flatMap(b -> b.runs().getFirst().looks().stream())
        .mapToDouble(figure)
        .max()
        .orElseThrow();
  }

  /** From 0 at the bottom to 1 at the top: losses fall by factors. */
  private static double height(double loss, double bottom, double top) {
    return top == bottom ? 1 : Math.log(loss / bottom) / Math.log(top / bottom);
  }

  /** Rows from top to bottom; each column shows the look at or after it, until the run ends. */
  private static String[] plot(
      List<Look> looks, ToDoubleFunction<Look> position, double end, double bottom, double top) {
    StringBuilder[] rows = new StringBuilder[HEIGHT];
    for (int r = 0; r < HEIGHT; r++) {
      rows[r] = new StringBuilder();
    }
    int next = 0;
    for (int column = 0; column < WIDTH; column++) {
      double at = (column + 0.5) / WIDTH * end;
      while (next < looks.size() && position.applyAsDouble(looks.get(next)) < at) {
        next++;
      }
      // A run shorter than a column still shows in the first.
      int shown = next < looks.size() ? next : column == 0 ? looks.size() - 1 : -1;
      double eighths =
          shown < 0 ? 0 : height(looks.get(shown).trainLoss(), bottom, top) * (HEIGHT * 8 - 1) + 1;
      int whole = shown < 0 ? 0 : (int) Math.clamp(Math.round(eighths), 1, HEIGHT * 8L);
      for (int r = 0; r < HEIGHT; r++) {
        int inRow = Math.clamp(whole - (HEIGHT - 1 - r) * 8L, 0, 8);
        rows[r].append(BARS.charAt(inRow));
      }
    }
    String[] out = new String[HEIGHT];
    for (int r = 0; r < HEIGHT; r++) {
      out[r] = rows[r].toString();
    }
    return out;
  }
}
