package dev.headroom.app.accuracy;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.device.Device;
import dev.headroom.graph.Graph;
import dev.headroom.loop.LoopDescription;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.LargestBatch;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Largest batches that somebody found by trying on an RTX 3090, against the plan's interval. */
public final class MaxBatchSection implements Section {
  private static final long MIB = 1L << 20;

  /**
   * The card with PyTorch 1.12 for CUDA 11.3, which loads every kernel at the start; the context
   * was not measured, so that it counts as 675 to 1,800 MiB.
   */
  private static final Device CARD =
      new Device(
          "rtx3090-cuda11",
          "GeForce RTX 3090 24 GB",
          24576 * MIB,
          86,
          900 * MIB,
          false,
          null,
          null,
          MIB,
          List.of());

  /**
   * A row and what is predicted for it, in batches of those that were tried.
   *
   * @param row what was observed
   * @param surely the largest that surely fits
   * @param atMost the largest that may fit
   */
  public record Predicted(TimmRow row, long surely, long atMost) {
    /** Whether the batch that was found lies in the interval. */
    public boolean inside() {
      return surely <= row.batch() && row.batch() <= atMost;
    }

    /** Steps by which even what surely fits is more than what trained; 0 or less: none. */
    public int optimistic() {
      return row.stepsAbove(surely);
    }
  }

  @Override
  public String name() {
    return "largestBatches";
  }

  /** Predicts every row whose network is built in. */
  public static List<Predicted> predict(List<TimmRow> rows, Progress progress) {
    Recipe recipe =
        Recipe.of(Optimizer.MOMENTUM)
            .with(Form.FOR_LOOP)
            .with(Precision.FP16)
            .with(BatchArrival.FIXED);
    List<Predicted> out = new ArrayList<>();
    for (TimmRow row : rows) {
      progress.advance(1);
      Graph graph = row.graph();
      if (graph == null) {
        continue;
      }
      GpuQuestion question =
          new GpuQuestion(
              graph, recipe, LoopDescription.PLAIN, CARD, AllocatorSettings.DEFAULT, 0, 0, null);
      LargestBatch largest = new GpuLimits(question).largest();
      out.add(
          largest == null
              ? new Predicted(row, 0, 0)
              : new Predicted(
                  row, TimmRow.tried(largest.fits()), TimmRow.tried(largest.failsAt() - 1)));
    }
    return out;
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    List<TimmRow> rows =
        TimmRow.read(shared.resolve("ground-truth/timm-max-batch-rtx3090-amp-nchw.csv"));
    List<Predicted> all;
    try (Progress progress = terminal.progress("largest batches", rows.size(), "models")) {
      all = predict(rows, progress);
    }
    long inside = all.stream().filter(Predicted::inside).count();
    int worst = all.stream().mapToInt(Predicted::optimistic).max().orElse(0);
    List<String> lines = new ArrayList<>();
    lines.add("## Largest batches that others found on an RTX 3090");
    lines.add("");
    lines.add(
        "timm's own benchmark: fp16 autocast, SGD with momentum, PyTorch 1.12, batches tried");
    lines.add(
        "downwards from 512. The plan's interval, rounded down to the batches that were tried:");
    lines.add(
        "from what surely fits (a workspace of cuDNN as large as each convolution's tensors, a");
    lines.add("context of 1,800 MiB) to what may fit (no workspace, 675 MiB); nothing is fitted.");
    lines.add(
        String.format(
            Locale.ROOT,
            "Of %d models, those %d are compared that are built in layer for layer; %d (%.0f %%) lie"
                + " inside, what surely fits is too much by %d of the steps tried at most.",
            rows.size(),
            all.size(),
            inside,
            100.0 * inside / all.size(),
            Math.max(0, worst)));
    lines.add("");
    lines.add("| model | image | trained | surely fits | may fit | |");
    lines.add("|---|---:|---:|---:|---:|---|");
    for (Predicted p : all) {
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d | %d | %s |",
              p.row().model(),
              p.row().side(),
              p.row().batch(),
              p.surely(),
              p.atMost(),
              p.inside() ? "" : p.optimistic() > 0 ? "too much" : "too little"));
    }
    lines.add("");
    lines.add("Known differences from that program: it keeps its gradients through forward");
    lines.add(
        "(`zero_grad` of PyTorch 1.12 writes zeros), 4 bytes per parameter that the plan leaves");
    lines.add("out; its VGGs have no dropout. Not compared: ViT (its attention was not yet one");
    lines.add(
        "operator), and models that are not built in. A row that is too much lies at the edge:");
    lines.add("what surely fits there is a few per cent more than a batch that failed.");
    return new Result(
        lines, Map.of("rows", all.size(), "inside", inside, "optimisticSteps", Math.max(0, worst)));
  }
}
