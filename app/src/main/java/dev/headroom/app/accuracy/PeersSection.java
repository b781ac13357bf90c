package dev.headroom.app.accuracy;

import dev.headroom.app.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The error of this page as a relative one, beside what others publish about theirs. Their figures
 * are cited, not measured here: other networks, cards and programs.
 */
public final class PeersSection implements Section {
  private static final double[] QUANTILES = {0.5, 0.9, 0.99, 0.999, 1};

  private final RunsSection runs;

  /** Reads the errors off another section's rows. */
  PeersSection(RunsSection runs) {
    this.runs = runs;
  }

  @Override
  public String name() {
    return "peers";
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    List<RunsSection.Row> rows = RunsSection.trained(runs.rows(shared, terminal));
    RunsSection.Fit fit = RunsSection.fit(rows);
    double[] whole = relative(rows, fit, 0);
    double[] without = relative(rows, fit, fit.constantMiB());
    List<String> lines = new ArrayList<>();
    lines.add("## Relative errors, beside what others publish about theirs");
    lines.add("");
    lines.add("The figures of others are theirs, for other networks, cards and programs: they say");
    lines.add("what is usual, and are no contest. A median is the middle of the absolute errors.");
    lines.add("");
    lines.add("| who | what it says of its own error | of what | where |");
    lines.add("|---|---|---|---|");
    lines.add(
        String.format(
            Locale.ROOT,
            "| Headroom | median %.3f %%, 99 %% quantile %.3f %%, largest %.2f %% | nvidia-smi's"
                + " reading of %,d real trainings on an A100 | this page |",
            quantile(whole, 0.5),
            quantile(whole, 0.99),
            quantile(whole, 1),
            rows.size()));
    lines.add(
        "| xMem | median relative error 91 % below that of the estimators before it, estimates that"
            + " run out of memory 75 % rarer | peak memory of 25 models, 5,209 runs | abstract of"
            + " Shi, Pezaros and Elkhatib 2025, arXiv:2510.21048 |");
    lines.add(
        "| DNNMem | \"effective\"; the abstract names no figure | 5 models with TensorFlow, PyTorch"
            + " and MXNet | Gao et al. 2020, ESEC/FSE, doi:10.1145/3368089.3417050 |");
    lines.add(
        "| accelerate estimate-memory | within a few per cent (413.18 MB for 413.68 MB of"
            + " bert-base-cased) | loading the weights; of activations and batches it says nothing |"
            + " its guide, \"Model memory estimator\" |");
    lines.add(
        "| Lightning BatchSizeFinder | none: it trains until memory runs out, and takes 5 % off"
            + " what it found (`margin`, with `binsearch`) | the largest batch | its documentation,"
            + " 2.6 |");
    lines.add("| torchinfo | none published | \"Estimated Total Size\" | its README |");
    lines.add("");
    lines.add("Headroom's, in full; most of a reading is the context, so that the error is given");
    lines.add(
        String.format(
            Locale.ROOT, "without it too (%,d MiB, one constant for all):", fit.constantMiB()));
    lines.add("");
    lines.add("| quantile of the relative error | of the reading | without the context |");
    lines.add("|---:|---:|---:|");
    Map<String, Object> json = new LinkedHashMap<>();
    for (double q : QUANTILES) {
      String name = q == 1 ? "largest" : String.format(Locale.ROOT, "%.1f %%", 100 * q);
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s | %.3f %% | %.2f %% |",
              name,
              quantile(whole, q),
              quantile(without, q)));
      json.put(name, quantile(whole, q));
    }
    lines.add("");
    lines.add("Not covered by any figure of this page: other programs on the card, several cards,");
    lines.add(
        "CUDA graphs and `torch.compile`, and the exact size of cuDNN's workspaces and of what");
    lines.add("it keeps of a recurrent layer, which are bounded instead. The worst rows and their");
    lines.add("causes stand in each section.");
    return new Result(lines, json);
  }

  /** Absolute errors in per cent of what was measured, less a part that is in every row. */
  private static double[] relative(
      List<RunsSection.Row> rows, RunsSection.Fit fit, long commonMiB) {
    double[] out = new double[rows.size()];
    for (int i = 0; i < out.length; i++) {
      long measured = rows.get(i).run().measuredMiB() - commonMiB;
      out[i] = 100.0 * Math.abs(fit.errorsMiB()[i]) / measured;
    }
    Arrays.sort(out);
    return out;
  }

  private static double quantile(double[] sorted, double q) {
    return sorted[(int) Math.clamp(Math.ceil(q * sorted.length) - 1, 0, sorted.length - 1)];
  }
}
