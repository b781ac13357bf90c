package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.DoesNotFitException;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.app.UnavailableException;
import dev.headroom.app.UsageException;
import dev.headroom.app.fit.Probe;
import dev.headroom.app.fit.ProbeRunner;
import dev.headroom.app.train.Interrupts;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.LimitSearch;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.report.PlanReport;
import dev.headroom.tensor.Bytes;
import dev.headroom.torch.ProcessMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The real limit on this machine, found by probing under the plan's guidance. */
@Command(
    name = "fit",
    description = "The largest batch that really fits, found by probing; safe for the machine.",
    footer = {
      "",
      "Example:",
      "  headroom fit mlp --data mnist --budget 512MiB",
      "  headroom fit mlp --budget 256MiB --from 16      the lesson's way: 16, 32, 64, ..."
    })
final class FitCommand extends AppCommand {
  private static final double DEFAULT_TOLERANCE = 0.005;
  private static final double SHARE_OF_FREE = 0.8;
  private static final int TOO_OFTEN = 3;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Option(
      names = "--from",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Begin there and double, instead of beginning at the plan's answer.")
  private @Nullable Integer from;

  @Option(
      names = "--exact",
      description = "Probe until what fits and what fails are 1 apart (default: 0.5 %).")
  private boolean exact;

  @Option(
      names = "--probe-seconds",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "How long one probe may take (default 120).")
  private int probeSeconds = 120;

  @Override
  protected Exit run(Terminal terminal) {
    if (!ProcessMemory.available()) {
      throw new UnavailableException(
          "fit needs Linux: it limits a probe's memory with RLIMIT_DATA",
          "headroom plan answers everywhere.");
    }
    if (options.batch != null) {
      throw new UsageException("fit looks for the batch itself", "Leave --batch out.");
    }
    Interrupts.install();
    Setup setup = Setup.toRun(network, options);
    Budget budget = budget(terminal);
    Ledgers ledgers = new Ledgers(setup, options, terminal);
    Planner planner = ledgers.forProcess(setup.trainSize, setup.testSize);
    LargestBatch planned = planner.processInterval(budget);
    Plan plan =
        ledgers
            .plan(
                planned == null ? 1 : planned.recommended(), null, setup.trainSize, setup.testSize)
            .withBudget(budget, planned);
    double tolerance = exact ? 0 : DEFAULT_TOLERANCE;
    LimitSearch search =
        from != null
            ? LimitSearch.doubling(from, tolerance)
            : planned == null
                ? LimitSearch.around(1, tolerance)
                : LimitSearch.between(planned.fits(), planned.failsAt(), tolerance);
    long start = System.nanoTime();
    List<Probe> probes = probe(terminal, search, planner, budget);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (terminal.wantsJson()) {
      terminal.json(json(ledgers.report(plan), search, probes, seconds));
    } else {
      print(terminal, plan, budget, search, probes, seconds, setup.trainSize);
    }
    return end(probes, search);
  }

  private Budget budget(Terminal terminal) {
    long free = (long) (Memory.freeBytes() * SHARE_OF_FREE);
    Long given = options.budgetBytes;
    if (given == null) {
      terminal.note("no --budget: 80 % of the memory that is free now, " + Bytes.format(free));
      return new Budget(free, Budget.Source.MACHINE);
    }
    if (given > free) {
      terminal.note(
          Bytes.format(given)
              + " is more than 80 % of the memory that is free now: probing up to "
              + Bytes.format(free));
      return new Budget(free, Budget.Source.GIVEN);
    }
    return new Budget(given, Budget.Source.GIVEN);
  }

  private List<Probe> probe(Terminal terminal, LimitSearch search, Planner planner, Budget budget) {
    ProbeRunner runner = new ProbeRunner(probeWords(budget), probeSeconds);
    List<Probe> probes = new ArrayList<>();
    if (!terminal.wantsJson()) {
      terminal.println(setupLine(budget));
      terminal.println();
      terminal.println(row("batch", "predicted", "measured", "process", "seconds") + "  outcome");
    }
    for (long batch = search.next(); batch > 0; batch = search.next()) {
      Probe probe = runner.run(batch, planner.loopPeakBytes(batch));
      probes.add(probe);
      if (!terminal.wantsJson()) {
        print(terminal, probe);
      }
      if (probe.outcome() == Probe.Outcome.INTERRUPTED || probe.outcome() == Probe.Outcome.ERROR) {
        break;
      }
      search.report(batch, probe.outcome() == Probe.Outcome.FITS);
    }
    return probes;
  }

  /** Whether the last few were all too slow: smaller ones may be as slow, so ask. */
  private static boolean late(List<Probe> probes) {
    int n = probes.size();
    return n >= TOO_OFTEN
        && probes.subList(n - TOO_OFTEN, n).stream()
            .allMatch(probe -> probe.outcome() == Probe.Outcome.TIME_LIMIT);
  }

  private String setupLine(Budget budget) {
    return network + ": probing within " + budget.text() + " on top of the idle process.";
  }

  /** What fit itself was given, but for what only fit has. */
  private List<String> probeWords(Budget budget) {
    List<String> words = new ArrayList<>(List.of("probe", network, "--json"));
    words.addAll(options.words());
    words.addAll(List.of("--limit", budget.bytes() + "B"));
    return words;
  }

  private static void print(Terminal terminal, Probe probe) {
    boolean fits = probe.outcome() == Probe.Outcome.FITS;
    terminal.println(
        row(
                String.format(Locale.ROOT, "%,d", probe.batch()),
                Bytes.format(probe.predictedBytes()),
                fits ? Bytes.format(probe.measuredBytes()) : "-",
                fits ? Bytes.format(probe.processBytes()) : "-",
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

  private static void print(
      Terminal terminal,
      Plan plan,
      Budget budget,
      LimitSearch search,
      List<Probe> probes,
      double seconds,
      int trainSize) {
    terminal.println();
    LargestBatch planned = plan.largestBatch();
    terminal.println(
        planned == null
            ? (plan.fits()
                    ? "The plan is not sure that even batch 1 fits in "
                    : "The plan says that not even batch 1 fits in ")
                + budget.text()
                + "."
            : String.format(
                Locale.ROOT,
                "The plan says that %,d fit in %s and %,d do not.",
                planned.fits(),
                budget.text(),
                planned.failsAt()));
    if (search.fits() > 0) {
      long recommended = recommended(search, trainSize);
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

  private static long recommended(LimitSearch search, int trainSize) {
    long most = Math.max(1, search.fits() * 4 / 5);
    return trainSize > 0 ? Math.min(most, trainSize) : most;
  }

  private static Map<String, Object> json(
      PlanReport report, LimitSearch search, List<Probe> probes, double seconds) {
    Map<String, Object> out = report.json();
    Map<String, Object> largest = new LinkedHashMap<>();
    if (search.fits() > 0 || search.failsAt() == 1) {
      largest.put("fits", search.fits());
    }
    if (search.failsAt() > 0) {
      largest.put("failsAt", search.failsAt());
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Probe probe : probes) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("batch", probe.batch());
      row.put("predictedLiveBytes", probe.predictedBytes());
      if (probe.outcome() == Probe.Outcome.FITS) {
        row.put("peakLiveBytes", probe.measuredBytes());
        row.put("processBytes", probe.processBytes());
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

  private Exit end(List<Probe> probes, LimitSearch search) {
    Probe last = probes.getLast();
    if (last.outcome() == Probe.Outcome.INTERRUPTED) {
      return Exit.INTERRUPTED;
    }
    if (last.outcome() == Probe.Outcome.ERROR) {
      throw new UnavailableException(
          "the probe of batch " + last.batch() + " failed: " + last.message(), null);
    }
    if (late(probes)) {
      throw new DoesNotFitException(
          TOO_OFTEN + " probes in a row were not done within " + probeSeconds + " s",
          "Give them more time with --probe-seconds.");
    }
    if (search.fits() == 0) {
      throw new DoesNotFitException(
          "not even batch " + probes.getLast().batch() + " fits",
          "headroom plan with the same options says what takes the memory.");
    }
    return Exit.OK;
  }
}
