package dev.headroom.report;

import dev.headroom.graph.Frozen;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Peak;
import dev.headroom.plan.Budget;
import dev.headroom.plan.KernelScratch;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Plan;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan for people: verdict first, then where the bytes are, then what is not counted. */
public final class PlanReport {
  private final Plan plan;
  private final @Nullable CheckpointGain gain;
  private final String ledger;
  private final List<String> assumptions;

  /** A plan from written ledgers. */
  public PlanReport(Plan plan) {
    this(plan, null, "written", List.of());
  }

  /**
   * A plan of any kind.
   *
   * @param gain what its checkpoints save, or null if it has none
   * @param ledger where its ledgers come from: written or recorded
   * @param assumptions what was assumed, in words
   */
  public PlanReport(
      Plan plan, @Nullable CheckpointGain gain, String ledger, List<String> assumptions) {
    this.plan = plan;
    this.gain = gain;
    this.ledger = ledger;
    this.assumptions = List.copyOf(assumptions);
  }

  /** The plan as text, at most 80 columns wide. */
  public List<String> text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        plan.graph().name()
            + " · "
            + plan.recipe().optimizer().label()
            + " ("
            + plan.recipe().form().label()
            + ") · "
            + plan.recipe().precision().label()
            + plan.recipe().unusual()
            + " · CPU (PyTorch 2.10)");
    lines.addAll(verdict());
    lines.add("");
    lines.addAll(places());
    if (gain != null) {
      lines.addAll(gain.text());
    }
    lines.add("");
    lines.addAll(PeakTable.text(plan.peaks()));
    lines.add("");
    if (!assumptions.isEmpty()) {
      lines.add("Assumed:");
      assumptions.forEach(item -> lines.addAll(bullet(item)));
    }
    lines.add("Live bytes, as asked of PyTorch's CPU allocator. Not included:");
    notIncluded().forEach(item -> lines.addAll(bullet(item)));
    return lines;
  }

  private List<String> notIncluded() {
    List<String> items = new ArrayList<>(plan.notIncluded());
    if (ledger.equals("written") && KernelScratch.has(plan.graph())) {
      items.add(
          "what convolution and recurrent kernels allocate and free inside themselves, which"
              + " depends on the processor: --ledger recorded has it");
    }
    return items;
  }

  /** An item of a list, broken into lines of at most 80 columns. */
  private static List<String> bullet(String item) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder("  -");
    for (String word : item.split(" ", -1)) {
      if (line.length() + 1 + word.length() > 80 && line.length() > 4) {
        lines.add(line.toString());
        line = new StringBuilder("   ");
      }
      line.append(' ').append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  private List<String> verdict() {
    List<String> lines = new ArrayList<>();
    long peak = plan.peak().liveBytes();
    Budget budget = plan.budget();
    LargestBatch largest = plan.largestBatch();
    String needs =
        String.format(
            Locale.ROOT,
            "Batch %,d needs %s (%s)",
            plan.batch(),
            Bytes.format(peak),
            Bytes.exact(peak));
    if (budget == null) {
      lines.add(needs + ".");
    } else if (largest == null && plan.graph().ownBatch().isPresent()) {
      lines.add(
          needs + (plan.fits() ? ": it fits in " : ": it does not fit in ") + budget.text() + ".");
    } else if (largest == null) {
      lines.add("Not even batch 1 fits in " + budget.text() + ".");
      lines.add(needs + ". Largest part: " + dominant() + ".");
      lines.add("An optimizer without state (--optimizer sgd) or a narrower network needs less.");
    } else {
      lines.add(
          String.format(
              Locale.ROOT, "Largest batch that fits in %s: %,d.", budget.text(), largest.fits()));
      boolean capped = largest.recommended() < largest.fits() * 4 / 5;
      lines.add(
          String.format(
              Locale.ROOT,
              capped ? "Use at most %,d: the whole data set." : "Use at most %,d: 80 %% of it.",
              largest.recommended()));
      lines.add(needs + (plan.fits() ? ": it fits." : ": it does not fit."));
    }
    return lines;
  }

  private String dominant() {
    return plan.peak().byCategory().entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(e -> label(e.getKey()) + ", " + Bytes.format(e.getValue()))
        .orElse("none");
  }

  private List<String> places() {
    TextTable table = new TextTable().header("where it goes", "whole loop", "at the peak");
    table.row("1 parameters", most(Category.PARAMETER), now(Category.PARAMETER));
    table.row("  gradients", most(Category.GRADIENT), now(Category.GRADIENT));
    if (plan.bytes().getOrDefault(Category.BUFFER, 0L) > 0) {
      table.row("  buffers", most(Category.BUFFER), now(Category.BUFFER));
    }
    table.row("2 optimizer state", most(Category.OPTIMIZER_STATE), now(Category.OPTIMIZER_STATE));
    table.row("3 the batch (x and y)", most(Category.INPUT), now(Category.INPUT));
    table.row(
        "4 intermediate outputs kept for backward",
        most(Category.ACTIVATION),
        now(Category.ACTIVATION));
    table.row("+ temporaries", most(Category.TEMPORARY), now(Category.TEMPORARY));
    table.rule();
    table.row("live at the peak", "", Bytes.exact(plan.peak().liveBytes()));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("1 to 4 are the lesson's places; temporaries are what it leaves out: results and");
    lines.add("gradients that die within the iteration, and the optimizer step's own buffers.");
    return lines;
  }

  private String most(Category category) {
    return Bytes.exact(plan.bytes().getOrDefault(category, 0L));
  }

  private String now(Category category) {
    return Bytes.exact(plan.peak().byCategory().getOrDefault(category, 0L));
  }

  private static String operator(Peak peak) {
    return operator(peak.span());
  }

  /** The call of the graph that it belongs to, else what ran; without its overload. */
  static String operator(Ledger.Span span) {
    String work = span.node() == null ? span.work() : span.node().op();
    return work.startsWith("aten.") && work.indexOf('.', 5) > 0
        ? work.substring(0, work.indexOf('.', 5))
        : work;
  }

  private static String label(Category category) {
    return category.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** The fields that {@code plan --json} promises. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("network", plan.graph().name());
    out.put("parameters", plan.graph().parameterCount());
    out.put("frozenParameters", Frozen.parameterCount(plan.graph()));
    out.put("batch", plan.batch());
    out.put("recipe", recipe(plan.recipe()));
    Map<String, Object> device = new LinkedHashMap<>();
    device.put("name", "cpu");
    device.put("backend", "cpu");
    device.put("totalBytes", null);
    device.put("contextBytes", 0L);
    out.put("device", device);
    out.put("ledger", ledger);
    out.put("assumptions", assumptions);
    out.put("bytes", bytes(plan.bytes()));
    Peak peak = plan.peak();
    Map<String, Object> top = new LinkedHashMap<>();
    // The CPU allocator neither rounds nor caches: all four figures are the same.
    for (String name : List.of("liveBytes", "allocatedBytes", "reservedBytes", "usedBytes")) {
      top.put(name, peak.liveBytes());
    }
    top.put("iteration", peak.span().iteration());
    top.put("phase", peak.span().phase().name());
    top.put("node", operator(peak));
    Node node = peak.span().node();
    top.put("module", node == null ? "" : node.module());
    top.put("byCategory", categories(peak.byCategory()));
    out.put("peak", top);
    PeakTable.json(out, plan.peaks());
    if (gain != null) {
      out.put("withoutCheckpoint", gain.json());
    }
    Budget budget = plan.budget();
    if (budget != null) {
      Map<String, Object> b = new LinkedHashMap<>();
      b.put("bytes", budget.bytes());
      b.put("source", budget.source().name().toLowerCase(Locale.ROOT));
      out.put("budget", b);
    }
    LargestBatch largest = plan.largestBatch();
    if (largest != null) {
      Map<String, Object> l = new LinkedHashMap<>();
      l.put("fits", largest.fits());
      l.put("failsAt", largest.failsAt());
      l.put("recommended", largest.recommended());
      out.put("largestBatch", l);
    }
    out.put("notIncluded", notIncluded());
    return out;
  }

  /** A recipe under the names that the JSON uses. */
  static Map<String, Object> recipe(Recipe of) {
    Map<String, Object> recipe = new LinkedHashMap<>();
    recipe.put("optimizer", of.optimizer().label());
    recipe.put("implementation", of.form().label());
    recipe.put("precision", of.precision().label());
    recipe.put("accumulate", of.accumulate());
    recipe.put("checkpoint", of.checkpoint().label());
    recipe.put("batchArrival", of.arrival().label());
    recipe.put("loss", of.loss().label());
    recipe.put("setToNone", of.setToNone());
    recipe.put("weightDecay", of.extras().weightDecay());
    recipe.put("clipNorm", of.extras().clipNorm());
    recipe.put("ema", of.extras().averageDecay());
    recipe.put("labelSmoothing", of.extras().labelSmoothing());
    return recipe;
  }

  /** Peaks as {@code iterations} lists them. */
  public static List<Map<String, Object>> iterations(List<Peak> peaks) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (Peak peak : peaks) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("iteration", peak.span().iteration());
      row.put("peakLiveBytes", peak.liveBytes());
      out.add(row);
    }
    return out;
  }

  /** Bytes by category under the names that the JSON uses for them. */
  public static Map<String, Object> bytes(Map<Category, Long> bytes) {
    Map<String, Object> out = new LinkedHashMap<>();
    for (Category c :
        List.of(
            Category.PARAMETER,
            Category.BUFFER,
            Category.GRADIENT,
            Category.OPTIMIZER_STATE,
            Category.INPUT)) {
      out.put(c.name(), bytes.getOrDefault(c, 0L));
    }
    out.put("SAVED_FOR_BACKWARD", bytes.getOrDefault(Category.ACTIVATION, 0L));
    return out;
  }

  static Map<String, Object> categories(Map<Category, Long> bytes) {
    Map<String, Object> out = new LinkedHashMap<>();
    for (Category c : Category.values()) {
      if (bytes.containsKey(c)) {
        out.put(c.name(), bytes.get(c));
      }
    }
    return out;
  }
}
