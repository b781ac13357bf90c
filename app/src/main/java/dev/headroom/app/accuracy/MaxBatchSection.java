package dev.headroom.app.accuracy;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.device.Device;
import dev.headroom.graph.Graph;
import dev.headroom.loop.LoopDescription;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Largest batches that somebody found by trying on an RTX 3090, against the plan's interval. */
public final class MaxBatchSection implements Section {
  private static final long MIB = 1L << 20;

  /**
   * The card with PyTorch 1.12 for CUDA 11.3, which loads every kernel at the start; the context
   * was not measured, so that it counts as 675 to 1,800 MiB. Of 24,576 MiB the driver keeps 308 to
   * itself: "23.70 GiB total capacity", as PyTorch's message says when such a card is full.
   */
  private static final Device CARD =
      new Device(
          "rtx3090-cuda11",
          "GeForce RTX 3090 24 GB",
          24576 * MIB,
          308 * MIB,
          86,
          900 * MIB,
          false,
          null,
          null,
          MIB,
          List.of());

  private static final Recipe RECIPE =
      Recipe.of(Optimizer.MOMENTUM)
          .with(Form.FOR_LOOP)
          .with(Precision.FP16)
          .with(BatchArrival.FIXED)
          .withSetToNone(false);

  /**
   * A row and what is predicted for it, in batches of those that were tried.
   *
   * @param row what was observed
   * @param parameters of the network, in values
   * @param interval what is predicted
   * @param trained what the batch that trained needs by the plan
   * @param offPercent how much what surely fits is more than the batch that failed, or, negative,
   *     what may fit less than the one that trained; 0 inside
   * @param failedBytes what the batch that failed needs, if it should surely fit; else 0
   * @param cause what is known of the reason, if it lies outside
   */
  record Predicted(
      TimmRow row,
      long parameters,
      TriedInterval interval,
      TrainedNeed trained,
      double offPercent,
      long failedBytes,
      String cause) {
    /** The largest batch of those tried that surely fits. */
    long surely() {
      return interval.surely();
    }

    /** The largest batch of those tried that may fit. */
    long atMost() {
      return interval.atMost();
    }

    /** Whether the batch that was found lies in the interval. */
    boolean inside() {
      return interval.holds(row);
    }

    /** Steps by which even what surely fits is more than what trained; 0 or less: none. */
    int optimistic() {
      return BatchSteps.surely(this);
    }
  }

  @Override
  public String name() {
    return "largestBatches";
  }

  /** Every row whose network is described, in the rows' order. */
  static List<Predicted> predict(List<TimmRow> rows, Progress progress) throws IOException {
    Map<String, TimmRow> byModel = new HashMap<>();
    rows.forEach(row -> byModel.put(row.model(), row));
    Map<String, Predicted> found = new ConcurrentHashMap<>();
    TimmNetworks.all().parallelStream()
        .forEach(
            network -> {
              for (Predicted p : predict(network, byModel)) {
                found.put(p.row().model(), p);
              }
              progress.advance(1);
            });
    List<Predicted> out = new ArrayList<>();
    for (TimmRow row : rows) {
      Predicted predicted = found.get(row.model());
      if (predicted != null) {
        out.add(predicted);
      }
    }
    return out;
  }

  static List<Predicted> predict(TimmNetworks network, Map<String, TimmRow> byModel) {
    Graph graph = network.graph();
    GpuLimits limits = new GpuLimits(question(graph));
    TriedInterval interval = TriedInterval.of(limits);
    List<Predicted> out = new ArrayList<>();
    for (String model : network.models()) {
      TimmRow row = byModel.get(model);
      if (row != null) {
        boolean tooMuch = interval.isTooMuch(row);
        boolean inside = interval.holds(row);
        out.add(
            new Predicted(
                row,
                graph.parameterCount(),
                interval,
                TrainedNeed.of(row, graph, limits),
                inside ? 0 : OutsideCause.offPercent(row, limits, tooMuch),
                tooMuch ? limits.livePeak(row.next()) : 0,
                inside ? "" : OutsideCause.of(graph, row, limits, tooMuch)));
      }
    }
    return out;
  }

  /** What was tried with a network. */
  static GpuQuestion question(Graph graph) {
    return question(graph, CARD);
  }

  static GpuQuestion question(Graph graph, Device card) {
    return new GpuQuestion(
        graph, RECIPE, LoopDescription.PLAIN, card, AllocatorSettings.DEFAULT, 0, 0, null);
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    List<TimmRow> rows =
        TimmRow.read(shared.resolve("ground-truth/timm-max-batch-rtx3090-amp-nchw.csv"));
    List<Predicted> all;
    List<String> catalogue;
    try (Progress progress =
        terminal.progress("largest batches", 2L * TimmNetworks.all().size(), "networks")) {
      all = predict(rows, progress);
      catalogue = CatalogueCard.lines(CARD, all.stream().map(Predicted::row).toList(), progress);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>();
    lines.add("## Largest batches that others found on an RTX 3090");
    lines.add("");
    lines.add("timm's own benchmark: fp16 autocast, SGD with momentum, gradients kept through");
    lines.add(
        "forward, PyTorch 1.12, batches tried downwards from 512. The plan's interval, rounded");
    lines.add(
        "down to the batches that were tried: from what surely fits (a workspace of cuDNN as");
    lines.add(
        "large as each convolution's tensors, 40 bytes per step, sample and unit that it keeps");
    lines.add("of an LSTM, a context of 1,800 MiB) to what may fit (neither, 675 MiB); nothing is");
    lines.add(
        "fitted. The networks are timm's own of those days (0.6.7; two ConvNeXts as 0.6.5 had");
    lines.add(
        "them), exported without weights (Swin with its batch divided as an integer) and read");
    lines.add("by the importer; each has as many parameters as its row says.");
    lines.add("");
    lines.add(summary(rows.size(), all, json));
    lines.add("");
    lines.addAll(catalogue);
    lines.addAll(BatchSteps.lines(all, json));
    Set<TimmRow> compared = all.stream().map(Predicted::row).collect(Collectors.toSet());
    lines.addAll(LeftOut.lines(rows.stream().filter(row -> !compared.contains(row)).toList()));
    lines.addAll(OutsideRows.lines(all));
    lines.add("### Every row");
    lines.add("");
    lines.add(
        "Steps: by how many of the batches tried what surely fits and what may fit lie above");
    lines.add("(+) or below (-) the one that trained.");
    lines.add("");
    lines.add("| model | image | trained | surely fits | may fit | steps | |");
    lines.add("|---|---:|---:|---:|---:|---:|---|");
    for (Predicted p : all) {
      lines.add(
          cells(p)
              + BatchSteps.cell(p)
              + " | "
              + (p.inside() ? "" : p.optimistic() > 0 ? "too much" : "too little")
              + " |");
    }
    return new Result(lines, json);
  }

  private static String summary(int rows, List<Predicted> all, Map<String, Object> json) {
    long inside = all.stream().filter(Predicted::inside).count();
    long optimistic = all.stream().filter(p -> p.optimistic() > 0).count();
    long byMore = all.stream().filter(p -> p.optimistic() > 1).count();
    json.put("rows", all.size());
    json.put("inside", inside);
    json.put("optimistic", optimistic);
    json.put("optimisticByMoreThanOneStep", byMore);
    return String.format(
        Locale.ROOT,
        "**Of %d models %d are compared; %d (%.1f %%) lie inside. What surely fits is too much for"
            + " %d, by one of the steps tried for all but %d; what may fit is too little for %d.**",
        rows,
        all.size(),
        inside,
        100.0 * inside / all.size(),
        optimistic,
        byMore,
        all.size() - inside - optimistic);
  }

  static String cells(Predicted p) {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %d | %d | %d | ",
        p.row().model(),
        p.row().side(),
        p.row().batch(),
        p.surely(),
        p.atMost());
  }
}
