package dev.headroom.app.accuracy;

import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** CUDA's rules against what PyTorch saves and allocates on CUDA, case by case. */
public final class CudaSection implements Section {
  private static final String NOT_RECORDED =
      "Not recorded: what cuDNN keeps of a recurrent layer or takes for a convolution, whose"
          + " size only cuDNN knows; and recurrent layers other than the LSTM above, whose call was"
          + " written by hand, since `_cudnn_rnn` refuses to run without a GPU. GRU and RNN follow"
          + " the same rule, and what cuDNN keeps of them is taken to be at most what it keeps of"
          + " an LSTM.";

  private final CudaChoices choices = new CudaChoices();
  private int same;
  private int asRecorded;
  private final Set<FakeDeviation> seen = EnumSet.noneOf(FakeDeviation.class);

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    Path folder = shared.resolve("oracle").resolve(OracleCase.CUDA);
    List<String> names = OracleCase.names(folder);
    List<String> rows = new ArrayList<>();
    Map<String, Object> json = new LinkedHashMap<>();
    try (Progress progress = terminal.progress("PyTorch on CUDA", names.size(), "cases")) {
      for (String name : names) {
        rows.add(row(OracleCase.read(folder, name), json));
        progress.advance(1);
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("## CUDA's rules, against PyTorch on CUDA without a GPU");
    lines.add("");
    lines.add("Three training steps of PyTorch 2.10 with fake tensors on a card of compute");
    lines.add("capability 8.0: dispatcher, autograd and the choice of kernels are the real ones,");
    lines.add("kernels do not run. So what kernels and libraries take for themselves is left out");
    lines.add("on both sides. Figures are PyTorch's bytes and, in brackets, predicted minus");
    lines.add("recorded; letters say why.");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "**%d of %d cases agree in every figure to the byte as recorded; with the deviations"
                + " below undone, %d agree in every figure and every event.**",
            asRecorded,
            names.size(),
            same));
    lines.add("");
    lines.add("| case | kept for backward | peak of step 1 | peak of step 2 | events | causes |");
    lines.add("|---|---:|---:|---:|---|---|");
    lines.addAll(rows);
    lines.add("");
    lines.add("Where fake tensors do something else than the kernels:");
    lines.add("");
    for (FakeDeviation deviation : seen) {
      lines.add("- " + deviation.letter() + ": " + deviation.cause() + ".");
    }
    lines.add("");
    lines.add(NOT_RECORDED);
    lines.addAll(
        choices.lines(CudaChoices.attentions(folder.resolveSibling(CudaChoices.ATTENTIONS)), json));
    // The project's own recording: a checkout has it among the tests' resources.
    Path calls =
        Path.of(System.getProperty("headroom.root", ".."), "app", "src", "test", "resources")
            .resolve(OperatorCall.FILE);
    if (Files.exists(calls)) {
      lines.addAll(
          OperatorAgreement.lines(
              OperatorCall.read(calls).stream().map(OperatorAgreement::of).toList(), json));
    }
    return new Result(lines, json);
  }

  private String row(OracleCase c, Map<String, Object> json) throws IOException {
    Ledger ledger = c.predicted();
    choices.add(c, ledger);
    OracleEvents written = OracleEvents.of(ledger);
    OracleEvents recorded = c.recordedAsKernels();
    long saved = new Timeline(ledger).bytes(Category.ACTIVATION);
    CaseFigures figures = CaseFigures.of(c, saved, written.peak(1), written.peak(2));
    List<String> a = written.lines(c.casts());
    List<String> b = recorded.lines(c.casts());
    boolean inOrder = a.equals(b);
    boolean all = inOrder || a.stream().sorted().toList().equals(b.stream().sorted().toList());
    boolean agrees =
        all
            && saved == c.savedBytes() - c.seedBytes()
            && written.peak(1) == recorded.peak(1)
            && written.peak(2) == recorded.peak(2);
    same += agrees ? 1 : 0;
    asRecorded += figures.exact() ? 1 : 0;
    String events =
        inOrder
            ? "equal in order"
            : all ? "the same, in another order: " + OracleSection.LIFETIMES : "not equal";
    StringBuilder causes = new StringBuilder();
    for (FakeDeviation deviation : c.deviations()) {
      seen.add(deviation);
      causes.append(deviation.letter());
    }
    Map<String, Object> out = figures.json();
    out.put("agrees", agrees);
    json.put(c.name(), out);
    return figures
        .cells(c.name())
        .append(String.format(Locale.ROOT, " | %,d, ", b.size()))
        .append(events)
        .append(" | ")
        .append(causes)
        .append(" |")
        .toString();
  }
}
