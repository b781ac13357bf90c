package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The largest batch by plan against the real limit of processes on this machine. */
public final class LimitsSection implements Section {
  /** How much of the probed limit the plan's lower end must reach to be of use. */
  private static final double USEFUL = 0.97;

  private static final List<String> RUNS =
      List.of(
          "mlp --data digits --budget 64MiB",
          "mlp --data digits --budget 256MiB",
          "mlp --data digits --budget 1GiB",
          "mlp --data shapes --budget 64MiB",
          "mlp --data shapes --budget 256MiB",
          "mlp --data shapes --budget 1GiB",
          "lenet --data digits --budget 64MiB",
          "lenet --data digits --budget 256MiB",
          "lenet --data digits --budget 1GiB",
          "cnn --data shapes --budget 128MiB",
          "cnn --data shapes --budget 512MiB",
          "cnn --data shapes --budget 1GiB",
          "resnet18 --data shapes --budget 256MiB",
          "resnet18 --data shapes --budget 512MiB",
          "resnet18 --data shapes --budget 1GiB",
          "gpt --budget 256MiB",
          "gpt --budget 512MiB",
          "gpt --budget 1GiB");

  @Override
  public String name() {
    return "limits";
  }

  @Override
  public boolean measuresThisMachine() {
    return true;
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    List<String> rows = new ArrayList<>();
    Map<String, Object> json = new LinkedHashMap<>();
    int inside = 0;
    int useful = 0;
    try (Progress progress = terminal.progress("limits", RUNS.size(), "networks and budgets")) {
      for (String run : RUNS) {
        JsonNode fit = OwnCommand.json(List.of(("fit " + run + " --optimizer adam").split(" ")));
        long fits = fit.at("/largestBatch/fits").asLong();
        long failsAt = fit.at("/largestBatch/failsAt").asLong();
        long really = fit.at("/measured/largestBatch/fits").asLong();
        long reallyNot = fit.at("/measured/largestBatch/failsAt").asLong();
        boolean contained = fits <= really && reallyNot <= failsAt;
        inside += contained ? 1 : 0;
        useful += fits >= USEFUL * really ? 1 : 0;
        rows.add(
            String.format(
                Locale.ROOT,
                "| %s | %,d | %,d | %,d | %,d | %.1f %% | %s | %d |",
                run.replace("--data ", "").replace(" --budget ", " | "),
                fits,
                failsAt,
                really,
                reallyNot,
                100.0 * fits / really,
                contained ? "yes" : "no",
                fit.at("/measured/probes").size()));
        json.put(run, Map.of("fits", fits, "failsAt", failsAt, "really", really));
        progress.advance(1);
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("## The largest batch, against the real limit of a process");
    lines.add("");
    lines.add(
        "`headroom fit`, Adam: child processes under a hard limit (RLIMIT_DATA) of the budget on"
            + " top of");
    lines.add(
        "what they took idle; two iterations, the last partial batch and a validation batch on"
            + " libtorch's");
    lines.add(
        "CPU. The plan is an interval: what surely fits with pages and heaps, and where the"
            + " tensors alone");
    lines.add(
        "are too much. With convolutions it is from a recording at small batches, since a rule"
            + " leaves the");
    lines.add(
        "scratch of kernels out. Probing stops when what fits and what fails are 0.5 % apart.");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "**Inside the interval: %d of %d; the lower end at least 97 %% of the limit: %d of"
                + " %d.**",
            inside,
            RUNS.size(),
            useful,
            RUNS.size()));
    lines.add("");
    lines.add(
        "| network | budget | plan: fits | plan: fails | really fits | really fails | lower end |"
            + " inside | probes |");
    lines.add("|---|---|---:|---:|---:|---:|---:|---|---:|");
    lines.addAll(rows);
    return new Result(lines, json);
  }
}
