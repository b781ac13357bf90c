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
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.LimitSearch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
      "  headroom fit mlp --budget 256MiB --from 16      the lesson's way: 16, 32, 64, ...",
      "  headroom fit resnet18 --device cuda --budget 8GiB"
    })
final class FitCommand extends AppCommand {
  private static final double DEFAULT_TOLERANCE = 0.005;
  private static final int TOO_OFTEN = 3;

  @Parameters(index = "0", paramLabel = "NETWORK", description = Setup.NETWORKS)
  private String network = "mlp";

  @Mixin private final RecipeOptions options = new RecipeOptions();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = {
        "cpu (default); cuda or cuda:N, a GPU of this machine; or a card as plan --device has it,",
        "to plan for while the first GPU is tried."
      })
  private String device = "cpu";

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
  protected Exit run(Terminal terminal) throws IOException {
    if (options.batch != null) {
      throw new UsageException("fit looks for the batch itself", "Leave --batch out.");
    }
    Interrupts.install();
    List<String> words = new ArrayList<>(List.of(network));
    words.addAll(options.words());
    Fitting fitting =
        device.equalsIgnoreCase("cpu")
            ? new CpuFitting(network, options, words, terminal)
            : new GpuFitting(network, options, device, words, terminal);
    LargestBatch planned = fitting.planned();
    double tolerance = exact ? 0 : DEFAULT_TOLERANCE;
    LimitSearch search =
        from != null
            ? LimitSearch.doubling(from, tolerance)
            : planned == null
                ? LimitSearch.around(1, tolerance)
                : LimitSearch.between(Math.max(1, planned.fits()), planned.failsAt(), tolerance);
    FitReport report = new FitReport(terminal, fitting);
    long start = System.nanoTime();
    List<Probe> probes = probe(terminal, report, search, fitting);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (terminal.wantsJson()) {
      terminal.json(report.json(search, probes, seconds));
    } else {
      report.answer(search, probes, seconds);
    }
    return end(probes, search);
  }

  private List<Probe> probe(
      Terminal terminal, FitReport report, LimitSearch search, Fitting fitting) {
    List<Probe> probes = new ArrayList<>();
    if (!terminal.wantsJson()) {
      report.head(network);
    }
    try (ProbeRunner runner = fitting.runner(probeSeconds)) {
      for (long batch = search.next(); batch > 0; batch = search.next()) {
        Probe probe = runner.run(batch, fitting.predictedBytes(batch));
        probes.add(probe);
        if (!terminal.wantsJson()) {
          report.probe(probe);
        }
        if (probe.outcome() == Probe.Outcome.INTERRUPTED
            || probe.outcome() == Probe.Outcome.ERROR) {
          break;
        }
        search.report(batch, probe.outcome() == Probe.Outcome.FITS);
      }
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
