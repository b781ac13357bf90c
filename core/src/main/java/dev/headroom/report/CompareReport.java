package dev.headroom.report;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The lesson's closing table: the same network on grey and on colour images, every cell computed.
 */
public final class CompareReport {
  private static final List<Long> BATCHES = List.of(64L, 1024L);
  private static final long FIRST_BATCH_OF_THE_LESSON = 16;

  /** Fewer steps than this leave an epoch of these sets too little to learn from. */
  private static final long STEPS_PER_EPOCH = 100;

  private final List<Side> sides;
  private final long budgetBytes;

  /**
   * One column.
   *
   * @param title heading, such as {@code grey (MNIST)}
   * @param imageShape channels x height x width
   * @param graph the network on these images
   * @param trainSize images to train on
   */
  public record Side(String title, String imageShape, Graph graph, long trainSize) {}

  private final List<Map<Long, Plan>> plans = new ArrayList<>();
  private final Recipe recipe;

  /**
   * Plans both sides.
   *
   * @param budgetBytes what may be live on the stated device
   */
  public CompareReport(Side grey, Side colour, Recipe recipe, long budgetBytes) {
    this.sides = List.of(grey, colour);
    this.recipe = recipe;
    this.budgetBytes = budgetBytes;
    for (Side side : sides) {
      Planner planner = new Planner(side.graph(), recipe, Backend.cpu(), side.trainSize(), 0);
      Map<Long, Plan> byBatch = new LinkedHashMap<>();
      for (long batch : BATCHES) {
        byBatch.put(batch, planner.plan(batch, new Budget(budgetBytes, Budget.Source.GIVEN)));
      }
      plans.add(byBatch);
    }
  }

  /** The table and what it says about the lesson's round numbers. */
  public List<String> text() {
    TextTable table = new TextTable().header("", sides.get(0).title(), sides.get(1).title());
    row(table, "image (C x H x W)", i -> sides.get(i).imageShape());
    row(table, "model input", i -> sample(i).shapeText());
    row(table, "first layer", i -> firstWeight(i).shapeText());
    row(table, "parameters", i -> count(sides.get(i).graph().parameterCount()));
    row(table, "one image as uint8", i -> Bytes.exact(values(i)));
    row(table, "one image as float32", i -> Bytes.exact(4 * values(i)));
    for (long batch : BATCHES) {
      table.rule();
      table.row("batch " + batch, "", "");
      row(table, "1 parameters and gradients", i -> Bytes.exact(parametersAndGradients(i, batch)));
      row(table, "2 optimizer state", i -> Bytes.exact(bytes(i, batch, Category.OPTIMIZER_STATE)));
      row(table, "3 the batch", i -> Bytes.exact(bytes(i, batch, Category.INPUT)));
      row(table, "4 intermediate outputs", i -> Bytes.exact(bytes(i, batch, Category.ACTIVATION)));
      row(table, "peak of training", i -> Bytes.exact(plan(i, batch).peak().liveBytes()));
    }
    table.rule();
    row(table, "80 % of what fits", this::largest);
    row(table, "batches that make sense", this::range);
    List<String> lines = new ArrayList<>();
    lines.add(
        "The same MLP on grey and on colour images · "
            + recipe.optimizer().label()
            + " · "
            + Bytes.format(budgetBytes)
            + " for training");
    lines.add("");
    lines.addAll(table.lines());
    lines.add("Batches that make sense: from the lesson's first try to what leaves an epoch its");
    lines.add(STEPS_PER_EPOCH + " steps, or to 80 % of what fits, whichever is smaller.");
    lines.add("");
    lines.addAll(roundNumbers());
    return lines;
  }

  private List<String> roundNumbers() {
    long grey = bytes(0, 64, Category.PARAMETER);
    long colour = bytes(1, 64, Category.PARAMETER);
    long weight = 4 * firstWeight(0).type(1).elements();
    List<String> lines = new ArrayList<>();
    lines.add("The lesson's round numbers:");
    lines.add(
        "  403 KB   one copy of the grey parameters: "
            + Bytes.exact(grey)
            + ", "
            + Bytes.exact(weight)
            + " are fc1.weight");
    lines.add("  806 KB   two copies, parameters and gradients: " + Bytes.exact(2 * grey));
    lines.add(
        "  12 MB    1,024 colour images as float32: "
            + Bytes.exact(1024 * 4 * values(1))
            + " = 12 MiB; labels "
            + Bytes.exact(1024 * 8));
    lines.add(
        "  512 KB   fc1's output at batch 1,024: "
            + Bytes.exact(1024 * 128 * 4)
            + " = 512 KiB; log-probabilities");
    lines.add(
        "           and the loss's weight bring it to "
            + Bytes.exact(bytes(0, 1024, Category.ACTIVATION)));
    lines.add(
        "  1 MB     grey at batch 64: places 1, 3 and 4 make "
            + Bytes.exact(parametersAndGradients(0, 64) + rest(0))
            + "; the peak of");
    lines.add(
        "           the whole loop is "
            + Bytes.exact(plan(0, 64).peak().liveBytes())
            + ": state and step buffers are left out");
    lines.add(
        "  5 MB     colour at batch 64: places 1, 3 and 4 make "
            + Bytes.exact(2 * colour + rest(1))
            + "; the peak");
    lines.add("           of the whole loop is " + Bytes.exact(plan(1, 64).peak().liveBytes()));
    return lines;
  }

  private long rest(int i) {
    return bytes(i, 64, Category.INPUT) + bytes(i, 64, Category.ACTIVATION);
  }

  private String largest(int i) {
    LargestBatch largest = plan(i, BATCHES.getFirst()).largestBatch();
    return largest == null ? "none fits" : count(largest.fits() * 4 / 5);
  }

  private String range(int i) {
    long sensible = sensibleBatch(i);
    return sensible == 0
        ? "none fits"
        : Math.min(FIRST_BATCH_OF_THE_LESSON, sensible) + " to " + count(sensible);
  }

  /** What fits at 80 %, but no larger than leaves an epoch its steps; 0 if nothing fits. */
  private long sensibleBatch(int i) {
    LargestBatch largest = plan(i, BATCHES.getFirst()).largestBatch();
    return largest == null
        ? 0
        : Math.min(largest.recommended(), Math.max(1, sides.get(i).trainSize() / STEPS_PER_EPOCH));
  }

  private interface Cell {
    String of(int side);
  }

  private static void row(TextTable table, String name, Cell cell) {
    table.row(name, cell.of(0), cell.of(1));
  }

  private Plan plan(int side, long batch) {
    Plan plan = plans.get(side).get(batch);
    if (plan == null) {
      throw new IllegalArgumentException("no plan for batch " + batch);
    }
    return plan;
  }

  private long bytes(int side, long batch, Category category) {
    return plan(side, batch).bytes().getOrDefault(category, 0L);
  }

  private long parametersAndGradients(int side, long batch) {
    return bytes(side, batch, Category.PARAMETER) + bytes(side, batch, Category.GRADIENT);
  }

  private Input sample(int side) {
    return sides.get(side).graph().inputs(Input.Kind.USER).getFirst();
  }

  private Input firstWeight(int side) {
    return sides.get(side).graph().inputs(Input.Kind.PARAMETER).getFirst();
  }

  private long values(int side) {
    return sample(side).type(1).elements();
  }

  private static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** The same for JSON. */
  public Map<String, Object> json() {
    List<Map<String, Object>> columns = new ArrayList<>();
    for (int i = 0; i < sides.size(); i++) {
      Map<String, Object> column = new LinkedHashMap<>();
      column.put("title", sides.get(i).title());
      column.put("image", sides.get(i).imageShape());
      column.put("inputValues", values(i));
      column.put("parameters", sides.get(i).graph().parameterCount());
      List<Map<String, Object>> byBatch = new ArrayList<>();
      for (long batch : BATCHES) {
        Map<String, Object> cell = new LinkedHashMap<>();
        cell.put("batch", batch);
        cell.put("bytes", PlanReport.bytes(plan(i, batch).bytes()));
        cell.put("peakLiveBytes", plan(i, batch).peak().liveBytes());
        byBatch.add(cell);
      }
      column.put("batches", byBatch);
      LargestBatch largest = plan(i, BATCHES.getFirst()).largestBatch();
      if (largest != null) {
        column.put("largestBatchThatFits", largest.fits());
        column.put("largestSensibleBatch", sensibleBatch(i));
      }
      columns.add(column);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("budgetBytes", budgetBytes);
    out.put("columns", columns);
    return out;
  }
}
