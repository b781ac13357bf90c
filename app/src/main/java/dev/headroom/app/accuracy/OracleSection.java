package dev.headroom.app.accuracy;

import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.op.UnsupportedOperatorException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The written ledger against what PyTorch allocated on a CPU, case by case. */
public final class OracleSection implements Section {
  static final String LIFETIMES =
      "in a block that keeps nothing, q, k and v live until its function returns, which an exported"
          + " graph does not say";

  private int exact;
  private int compared;
  private int inOrder;
  private int listed;

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    Path oracle = shared.resolve("oracle").resolve(OracleCase.CPU);
    List<String> names = OracleCase.names(oracle);
    List<String> rows = new ArrayList<>();
    Map<String, Object> json = new LinkedHashMap<>();
    try (Progress progress = terminal.progress("PyTorch's own runs", names.size(), "cases")) {
      for (String name : names) {
        rows.add(row(OracleCase.read(oracle, name), json));
        progress.advance(1);
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("## The written ledger, against PyTorch on a CPU");
    lines.add("");
    lines.add(
        "What PyTorch 2.10 itself allocated in three training steps, recorded event by event,");
    lines.add("against the loop on paper. Figures are PyTorch's bytes and, in brackets, predicted");
    lines.add("minus recorded. With oneDNN, what a convolution kernel allocates and frees within");
    lines.add(
        "itself depends on the processor and is left out on both sides: in the figures and in");
    lines.add("the lists of events.");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "**%d of %d cases agree in every figure to the byte; of %d lists of events %d are equal"
                + " in order.**",
            exact,
            compared,
            listed,
            inOrder));
    lines.add("");
    lines.add("| case | kept for backward | peak of step 1 | peak of step 2 | events |");
    lines.add("|---|---:|---:|---:|---|");
    lines.addAll(rows);
    return new Result(lines, json);
  }

  private String row(OracleCase c, Map<String, Object> json) throws IOException {
    Ledger ledger;
    try {
      ledger = c.predicted();
    } catch (UnsupportedOperatorException e) {
      return "| "
          + c.name()
          + " | | | | no rule gives oneDNN's LSTM workspace: use the recorded ledger |";
    }
    Timeline timeline = new Timeline(ledger);
    CaseFigures figures =
        CaseFigures.of(
            c,
            timeline.bytes(Category.ACTIVATION),
            timeline.peak(1).liveBytes(),
            timeline.peak(2).liveBytes());
    compared++;
    exact += figures.exact() ? 1 : 0;
    String events = events(c, ledger);
    Map<String, Object> out = figures.json();
    out.put("events", events);
    json.put(c.name(), out);
    return figures.cells(c.name()).append(" | ").append(events).append(" |").toString();
  }

  private String events(OracleCase c, Ledger ledger) throws IOException {
    List<String> recorded = c.recordedEvents();
    List<String> predicted = OracleCase.events(ledger);
    listed++;
    if (recorded.equals(predicted)) {
      inOrder++;
      String scratch = c.hasKernelScratch() ? ", scratch of kernels left out" : "";
      return String.format(Locale.ROOT, "%,d, equal in order%s", recorded.size(), scratch);
    }
    boolean same = recorded.stream().sorted().toList().equals(predicted.stream().sorted().toList());
    String cause =
        !same
            ? "other events; no cause is known"
            : c.recomputes()
                ? LIFETIMES
                : "the casts that die with autocast die in the order of a hash table";
    return String.format(
        Locale.ROOT,
        same ? "%,d, the same, in another order: %s" : "%,d recorded: %s",
        recorded.size(),
        cause);
  }
}
