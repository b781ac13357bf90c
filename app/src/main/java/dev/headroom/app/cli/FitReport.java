package dev.headroom.app.cli;

import dev.headroom.app.Terminal;
import dev.headroom.app.fit.Probe;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.LimitSearch;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code fit} prints: a row for each probe as it ends, then the answer. */
final class FitReport {
  private final Terminal terminal;
  private final Fitting fitting;

  FitReport(Terminal terminal, Fitting fitting) {
    this.terminal = terminal;
    this.fitting = fitting;
  }

  void head(String network) {
    List<String> columns = fitting.names().columns();
    terminal.println(network + ": probing within " + fitting.within() + ".");
    terminal.println();
    terminal.println(
        row("batch", columns.get(0), columns.get(1), columns.get(2), "seconds") + "  outcome");
  }

  void probe(Probe probe) {
    boolean fits = probe.outcome() == Probe.Outcome.FITS;
    terminal.println(
        row(
                String.format(Locale.ROOT, "%,d", probe.batch()),
                Bytes.format(probe.predictedBytes()),
                fits ? Bytes.format(probe.measuredBytes()) : "-",
                fits ? Bytes.format(probe.takenBytes()) : "-",
                String.format(Locale.ROOT, "%.1f", probe.seconds()))
            + "  "
            + (fits
                ? terminal.ansi().green("fits")
                : terminal.ansi().red(probe.outcome().label())));
    terminal.flush();
  }

  private static String row(String... cells) {
    StringBuilder line = new StringBuilder();
    for (String cell : cells) {
      line.append(String.format(Locale.ROOT, "%12s", cell));
    }
    return line.toString();
  }

  void answer(LimitSearch search, List<Probe> probes, double seconds) {
    terminal.println();
    LargestBatch planned = fitting.planned();
    terminal.println(
        planned == null
            ? (fitting.mayFit()
                    ? "The plan is not sure that even batch 1 fits in "
                    : "The plan says that not even batch 1 fits in ")
                + fitting.budget()
                + "."
            : String.format(
                Locale.ROOT,
                "The plan says that %,d fit in %s and %,d do not.",
                planned.fits(),
                fitting.budget(),
                planned.failsAt()));
    if (search.fits() > 0) {
      long recommended = LargestBatch.recommended(search.fits(), fitting.trainSize());
      terminal.println(
          String.format(
              Locale.ROOT,
              search.failsAt() > 0
                  ? "In fact %,d fit and %,d do not. Use at most %,d%s."
                  : "In fact %1$,d fit; the limit was not reached. Use at most %3$,d%4$s.",
              search.fits(),
              search.failsAt(),
              recommended,
              recommended < search.fits() * 4 / 5 ? ": the whole data set" : ": 80 %"));
    }
    terminal.println(
        String.format(
            Locale.ROOT,
            "%d %s, %.1f s.",
            probes.size(),
            probes.size() == 1 ? "probe" : "probes",
            seconds));
  }

  Map<String, Object> json(LimitSearch search, List<Probe> probes, double seconds) {
    Map<String, Object> out = fitting.json();
    Map<String, Object> largest = new LinkedHashMap<>();
    if (search.fits() > 0 || search.failsAt() == 1) {
      largest.put("fits", search.fits());
    }
    if (search.failsAt() > 0) {
      largest.put("failsAt", search.failsAt());
    }
    List<String> fields = fitting.names().fields();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Probe probe : probes) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("batch", probe.batch());
      row.put(fields.get(0), probe.predictedBytes());
      if (probe.outcome() == Probe.Outcome.FITS) {
        row.put(fields.get(1), probe.measuredBytes());
        row.put(fields.get(2), probe.takenBytes());
      }
      row.put("outcome", probe.outcome().label());
      if (!probe.message().isEmpty()) {
        row.put("message", probe.message());
      }
      row.put("seconds", probe.seconds());
      rows.add(row);
    }
    Map<String, Object> measured = new LinkedHashMap<>();
    measured.put("largestBatch", largest);
    measured.put("probes", rows);
    measured.put("seconds", seconds);
    out.put("measured", measured);
    return out;
  }
}
