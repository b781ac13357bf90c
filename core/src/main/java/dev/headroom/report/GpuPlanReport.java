package dev.headroom.report;

import dev.headroom.device.Device;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Peak;
import dev.headroom.plan.CardUse;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuRun;
import dev.headroom.plan.KernelScratch;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.LoopPeaks;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan for a GPU for people: verdict, from live bytes to the card's reading, assumptions. */
public final class GpuPlanReport {
  private final GpuPlan plan;
  private final Device device;
  private final List<String> notes;
  private final @Nullable LoopPeaks peaks;

  /** A report; notes say what else is assumed. */
  public GpuPlanReport(GpuPlan plan, List<String> notes) {
    this.plan = plan;
    this.device = plan.question().device();
    this.notes = List.copyOf(notes);
    this.peaks = plan.peaks();
  }

  /** The plan as text, at most 80 columns wide. */
  public List<String> text() {
    CardUse use = plan.use();
    GpuRun run = use.run();
    List<String> lines = new ArrayList<>();
    lines.add(
        plan.question().graph().name()
            + " · "
            + recipe().optimizer().label()
            + " ("
            + recipe().form().label()
            + ") · "
            + recipe().precision().label()
            + recipe().unusual()
            + " · "
            + device.title());
    lines.addAll(verdict());
    lines.add("");
    Peak peak = plan.timeline().peak();
    TextTable table = new TextTable().header("most at once", "bytes", "");
    table.row("live, as asked for", Bytes.exact(peak.liveBytes()), Bytes.format(peak.liveBytes()));
    row(table, "allocated, as rounded", run.peakAllocatedBytes());
    row(table, "reserved, in segments", run.peakReservedBytes());
    row(table, "+ context and libraries", use.contextBytes());
    table.rule();
    row(table, "used, as nvidia-smi shows", use.usedBytes());
    if (use.leastBytes() < use.mostBytes()) {
      row(table, "  at least", use.leastBytes());
      row(table, "  at most", use.mostBytes());
    }
    lines.addAll(table.lines());
    lines.add("");
    TextTable categories = new TextTable().header("where it goes", "whole loop", "at the peak");
    for (Category category : Category.values()) {
      long most = plan.timeline().bytes(category);
      if (most > 0) {
        categories.row(
            category.name().toLowerCase(Locale.ROOT).replace('_', ' '),
            Bytes.exact(most),
            Bytes.exact(peak.byCategory().getOrDefault(category, 0L)));
      }
    }
    lines.addAll(categories.lines());
    if (peaks != null) {
      lines.add("");
      lines.addAll(PeakTable.text(peaks));
    }
    if (!recipe().checkpoint().isNone()) {
      lines.add(
          "Checkpointing "
              + CheckpointGain.blocks(plan.question().graph(), recipe())
              + " blocks: "
              + CheckpointGain.again(plan.flops())
              + ".");
    }
    lines.add("Segments grew last at " + where(run.reservedAt()) + ".");
    lines.add("");
    lines.add("Assumed:");
    plan.assumptions().forEach(a -> lines.add("  - " + a));
    notes.forEach(n -> lines.add("  - " + n));
    lines.add("Not included:");
    notIncluded().forEach(n -> lines.add("  - " + n));
    return wrap(lines);
  }

  private Recipe recipe() {
    return plan.question().recipe();
  }

  private static void row(TextTable table, String name, long bytes) {
    table.row(name, Bytes.exact(bytes), Bytes.format(bytes));
  }

  private static String where(Ledger.Span span) {
    Node node = span.node();
    return "iteration "
        + span.iteration()
        + ", "
        + span.phase().name().toLowerCase(Locale.ROOT)
        + (span.work().isEmpty() ? "" : ", " + PlanReport.operator(span))
        + (node == null || node.module().isEmpty() ? "" : " in " + node.module());
  }

  private List<String> verdict() {
    List<String> lines = new ArrayList<>();
    String limit = Bytes.format(plan.question().limitBytes());
    boolean anyBatch = plan.question().graph().ownBatch().isEmpty();
    if (anyBatch) {
      lines.addAll(largest(plan.largestBatch(), limit));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "Batch %,d uses %s%s: %s%s.",
            plan.batch(),
            Bytes.format(plan.use().usedBytes()),
            between(),
            switch (plan.fits()) {
              case SURELY -> "it fits";
              case PERHAPS -> "it may fit";
              case NOT -> "it does not fit";
            },
            anyBatch ? "" : " in " + limit));
    return lines;
  }

  private String between() {
    String least = Bytes.format(plan.use().leastBytes());
    String most = Bytes.format(plan.use().mostBytes());
    return least.equals(most) ? "" : " (" + least + " to " + most + ")";
  }

  private List<String> largest(@Nullable LargestBatch largest, String limit) {
    if (largest == null) {
      return List.of("Not even batch 1 fits in " + limit + ".");
    }
    long most = largest.failsAt() - 1;
    if (largest.fits() == 0) {
      return List.of(
          String.format(Locale.ROOT, "No batch surely fits in %s; up to %,d it may.", limit, most));
    }
    boolean exact = most == largest.fits();
    return List.of(
        String.format(
            Locale.ROOT,
            "Largest batch that %s in %s: %,d.%s",
            exact ? "fits" : "surely fits",
            limit,
            largest.fits(),
            exact ? "" : String.format(Locale.ROOT, " Up to %,d may fit.", most)),
        String.format(Locale.ROOT, "Use at most %,d: %s.", largest.recommended(), reason(largest)));
  }

  private String reason(LargestBatch largest) {
    long recommended = largest.recommended();
    long samples = plan.question().samples();
    if (samples > 0 && recommended == Math.max(1, samples / recipe().accumulate())) {
      return recipe().accumulate() > 1
          ? "the whole data set in " + recipe().accumulate() + " passes"
          : "the whole data set";
    }
    return recommended % GpuLimits.FRIENDLY == 0
        ? "80 % of it, down to a multiple of " + GpuLimits.FRIENDLY
        : "80 % of it";
  }

  /** Long notes go on in the next line. */
  private static List<String> wrap(List<String> lines) {
    List<String> out = new ArrayList<>();
    for (String line : lines) {
      String rest = line;
      while (rest.length() > 80) {
        int cut = rest.lastIndexOf(' ', 80);
        if (cut <= 4) {
          break;
        }
        out.add(rest.substring(0, cut));
        rest = "    " + rest.substring(cut + 1);
      }
      out.add(rest);
    }
    return out;
  }

  /** The fields that {@code plan --json} promises. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("network", plan.question().graph().name());
    out.put("parameters", plan.question().graph().parameterCount());
    out.put("frozenParameters", Frozen.parameterCount(plan.question().graph()));
    out.put("batch", plan.batch());
    out.put("recipe", PlanReport.recipe(recipe()));
    out.put("loop", plan.question().program().name());
    Map<String, Object> d = new LinkedHashMap<>();
    d.put("name", device.name());
    d.put("backend", "cuda");
    d.put("totalBytes", device.memoryBytes());
    d.put("driverLeastBytes", device.driverLeastBytes());
    d.put("driverMostBytes", device.driverMostBytes());
    d.put("contextBytes", device.contextBytes());
    d.put("computeCapability", device.computeCapability() / 10.0);
    d.put("contextMeasured", device.contextMeasured());
    out.put("device", d);
    out.put("ledger", "written");
    Map<Category, Long> most = new EnumMap<>(Category.class);
    for (Category category : Category.values()) {
      most.put(category, plan.timeline().bytes(category));
    }
    out.put("bytes", PlanReport.bytes(most));
    out.put("peak", peak());
    if (!recipe().checkpoint().isNone()) {
      Map<String, Object> again = new LinkedHashMap<>();
      again.put("blocks", CheckpointGain.blocks(plan.question().graph(), recipe()));
      CheckpointGain.json(again, plan.flops());
      out.put("checkpointing", again);
    }
    if (peaks == null) {
      out.put("iterations", PlanReport.iterations(List.of(plan.timeline().peak(1))));
    } else {
      PeakTable.json(out, peaks);
    }
    Map<String, Object> budget = new LinkedHashMap<>();
    budget.put("bytes", plan.question().limitBytes());
    budget.put("source", plan.question().budgetBytes() == null ? "device" : "given");
    out.put("budget", budget);
    out.put("fits", plan.fits() != GpuPlan.Fit.NOT);
    out.put("surelyFits", plan.fits() == GpuPlan.Fit.SURELY);
    LargestBatch largest = plan.largestBatch();
    if (largest != null) {
      Map<String, Object> l = new LinkedHashMap<>();
      l.put("fits", largest.fits());
      l.put("failsAt", largest.failsAt());
      l.put("recommended", largest.recommended());
      out.put("largestBatch", l);
    }
    List<String> assumed = new ArrayList<>(plan.assumptions());
    assumed.addAll(notes);
    out.put("assumptions", assumed);
    out.put("notIncluded", notIncluded());
    return out;
  }

  private List<String> notIncluded() {
    List<String> items =
        new ArrayList<>(List.of("other programs on the card", "memory of the host"));
    if (KernelScratch.has(plan.question().graph())) {
      items.add("workspaces of cuDNN, but for what is used at most (usedMostBytes)");
    }
    return items;
  }

  private Map<String, Object> peak() {
    Peak peak = plan.timeline().peak();
    Map<String, Object> top = new LinkedHashMap<>();
    top.put("liveBytes", peak.liveBytes());
    top.put("allocatedBytes", plan.run().peakAllocatedBytes());
    top.put("reservedBytes", plan.run().peakReservedBytes());
    top.put("usedBytes", plan.use().usedBytes());
    top.put("usedLeastBytes", plan.use().leastBytes());
    top.put("usedMostBytes", plan.use().mostBytes());
    top.put("iteration", peak.span().iteration());
    top.put("phase", peak.span().phase().name());
    top.put("node", PlanReport.operator(peak.span()));
    Node node = peak.span().node();
    top.put("module", node == null ? "" : node.module());
    top.put("byCategory", PlanReport.categories(peak.byCategory()));
    return top;
  }
}
