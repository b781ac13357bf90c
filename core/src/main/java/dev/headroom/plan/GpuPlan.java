package dev.headroom.plan;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.device.Device;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.LoopDescription;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the memory of a GPU goes, for one network, program, recipe and batch. Live bytes are those
 * that were asked for, allocated ones those of rounded blocks, reserved ones those of segments;
 * used is what the card shows.
 *
 * @param question what was asked
 * @param batch micro-batch size
 * @param run the program on paper
 * @param timeline live bytes of the same
 * @param largestBatch the largest batch within the limit, or null if not even 1 fits
 */
public record GpuPlan(
    Question question,
    long batch,
    GpuRun run,
    Timeline timeline,
    @Nullable LargestBatch largestBatch) {

  /**
   * What a plan answers.
   *
   * @param graph the network
   * @param recipe what the loop adds
   * @param program what the program does around it
   * @param device the card
   * @param settings the allocator's
   * @param samples size of the data set, 0 if unknown
   * @param budgetBytes what the card may show as used, or null for all it has
   */
  public record Question(
      Graph graph,
      Recipe recipe,
      LoopDescription program,
      Device device,
      AllocatorSettings settings,
      long samples,
      @Nullable Long budgetBytes) {

    /** What the card may show as used: never more than it has. */
    public long limitBytes() {
      return budgetBytes == null
          ? device.memoryBytes()
          : Math.min(budgetBytes, device.memoryBytes());
    }

    /** What the allocator may reserve within that. */
    public long reservableBytes() {
      return Math.max(0, limitBytes() - device.contextBytes());
    }

    GpuRun run(long batch, long reservableBytes) {
      return run(batch, samples, reservableBytes, false);
    }

    /** Whether a batch fits, were the data set large enough for it. */
    boolean fitsFull(long batch) {
      boolean small = Math.multiplyExact(batch, (long) recipe.accumulate()) > samples;
      return run(batch, small ? 0 : samples, reservableBytes(), false).fits();
    }

    GpuRun run(long batch, long known, long reservableBytes, boolean everyStep) {
      return GpuRun.of(
          graph, recipe, program, device, settings, batch, known, reservableBytes, everyStep);
    }
  }

  /** The same program with every step in its ledger, for those who want to look at each. */
  public Ledger everyStep() {
    return question.run(batch, question.samples(), Long.MAX_VALUE, true).ledger();
  }

  /** Makes the plan for a batch. */
  public static GpuPlan of(Question question, long batch) {
    // Without a limit, so that what does not fit still has a figure.
    GpuRun run = question.run(batch, Long.MAX_VALUE);
    return new GpuPlan(question, batch, run, new Timeline(run.ledger()), largest(question));
  }

  /** What the card shows as used at most at a batch, were there room for all. */
  public static long usedBytes(Question question, long batch) {
    return question.device().usedBytes(reservedBytes(question, batch));
  }

  /** What the allocator reserves at most at a batch, were there room for all. */
  public static long reservedBytes(Question question, long batch) {
    return question.run(batch, Long.MAX_VALUE).peakReservedBytes();
  }

  /** The largest batch that fits, or null. */
  public static @Nullable LargestBatch largest(Question q) {
    LargestBatch live =
        LargestBatch.solve(batch -> livePeak(q, batch), q.reservableBytes(), q.samples());
    return live == null ? null : LargestBatch.below(live.fits(), q::fitsFull, q.samples());
  }

  /** Live bytes of two steps: what is reserved is never less. */
  private static long livePeak(Question q, long batch) {
    Ledger ledger =
        PaperTraining.ledger(q.graph(), q.recipe(), q.device().backend(), List.of(batch, batch), 0);
    return new Timeline(ledger).peak().liveBytes();
  }

  /** What the card shows as used at most; its own readings come in such steps. */
  public long usedBytes() {
    return question.device().usedBytes(run.peakReservedBytes());
  }

  /** Whether the program gets through within the limit, the cache given back where that helps. */
  public boolean fits() {
    return usedBytes() <= question.limitBytes()
        || question.run(batch, question.reservableBytes()).fits();
  }

  /** What is taken for granted, in words. */
  public List<String> assumptions() {
    List<String> out = new ArrayList<>(question.device().assumptions());
    if (question.samples() == 0) {
      out.add("every batch is full: the size of the data set is not known (--samples)");
    }
    if (run.endsInLoss()) {
      out.add(
          "this program ends in its first loss: BCEWithLogitsLoss is given (B, 1) and (B); only"
              + " parameters and one forward pass exist");
    }
    if (question.budgetBytes() != null
        && question.budgetBytes() > question.device().memoryBytes()) {
      out.add("the budget is capped at the card's own memory");
    }
    return out;
  }
}
