package dev.headroom.plan;

import dev.headroom.device.Device;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.paper.FlopCounter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the memory of a GPU goes, for one network, program, recipe and batch. Live bytes are those
 * that were asked for, allocated ones those of rounded blocks, reserved ones those of segments;
 * used is what the card shows. Workspaces of cuDNN are in none of them but in what it shows at
 * most.
 *
 * @param question what was asked
 * @param batch micro-batch size
 * @param use what the card shows, and the run that it comes from
 * @param timeline live bytes of the same
 * @param fits whether this batch fits
 * @param largestBatch the largest batch within the limit, or null if not even 1 fits or the network
 *     takes one batch alone
 */
public record GpuPlan(
    GpuQuestion question,
    long batch,
    CardUse use,
    Timeline timeline,
    Fit fits,
    @Nullable LargestBatch largestBatch) {
  private static final long MIB = 1L << 20;

  /** Whether a batch fits; see {@link GpuLimits}. */
  public enum Fit {
    SURELY,
    PERHAPS,
    NOT
  }

  /** Makes the plan for a batch. */
  public static GpuPlan of(GpuQuestion question, long batch) {
    return of(new GpuLimits(question), batch);
  }

  /** The same where the limits have been looked at already: what they tried is not tried again. */
  public static GpuPlan of(GpuLimits limits, long batch) {
    GpuQuestion question = limits.question();
    CardUse use = limits.use(batch);
    Fit fit = limits.surely(batch) ? Fit.SURELY : limits.perhaps(batch) ? Fit.PERHAPS : Fit.NOT;
    Timeline timeline = new Timeline(use.run().ledger());
    return new GpuPlan(question, batch, use, timeline, fit, limits.largest());
  }

  /** The program on paper; where the card has no room for it, as if it had. */
  public GpuRun run() {
    return use.run();
  }

  /** The same program with every step in its ledger, for those who want to look at each. */
  public Ledger everyStep() {
    return GpuRun.of(question, GpuRun.target(question), batch, Long.MAX_VALUE, false, true)
        .ledger();
  }

  /** What the allocator reserves at most at a batch, were there room for all. */
  public static long reservedBytes(GpuQuestion question, long batch) {
    return new GpuLimits(question).reservedBytes(batch);
  }

  /** What the card shows as used at most at a batch, were there room for all. */
  public static long usedBytes(GpuQuestion question, long batch) {
    return new GpuLimits(question).usedBytes(batch);
  }

  /**
   * Peaks of live bytes by part of the loop.
   *
   * @return null for a program that ends in its first loss
   */
  public @Nullable LoopPeaks peaks() {
    if (run().endsInLoss()) {
      return null;
    }
    int accumulate = question.recipe().accumulate();
    long perStep = Math.multiplyExact(batch, (long) accumulate);
    long partial = question.isBeyondData(batch) ? 0 : question.samples() % perStep / accumulate;
    return LoopPeaks.of(
        question.graph(),
        PaperTraining.withFewPasses(question.recipe()),
        question.device().backend(),
        batch,
        partial,
        Math.min(batch, question.testSamples()));
  }

  /** Operations of a step's forward passes, and of what backward computes again. */
  public FlopCounter flops() {
    return PaperTraining.flops(
        question.graph(), question.recipe(), question.device().backend(), batch);
  }

  /** What is taken for granted, in words. */
  public List<String> assumptions() {
    Device device = question.device();
    List<String> out = new ArrayList<>(device.assumptions());
    if (KernelScratch.convolves(question.graph())) {
      out.add(
          "what surely fits leaves room for a workspace of cuDNN as large as input, weight and"
              + " output of each convolution, what surely fails for none: between the two PyTorch"
              + " may have to fall back to slower kernels");
    }
    if (KernelScratch.recurs(question.graph())) {
      out.add(
          "what surely fits leaves 40 bytes for each step, sample and unit of a recurrent layer,"
              + " which cuDNN may keep for backward, what surely fails none");
    }
    if (!device.contextMeasured()) {
      out.add(
          String.format(
              "what surely fits leaves %d MiB for the context, what surely fails %d MiB",
              device.contextMostBytes() / MIB, device.contextLeastBytes() / MIB));
    }
    if (!GpuLimits.leavesRoomForDriver(question)) {
      out.add(
          String.format(
              "of the card's memory, as nvidia-smi shows it in total, what surely fits leaves %d MiB"
                  + " for the driver, which PyTorch's total_memory lacks; what surely fails none",
              device.driverMostBytes() / MIB));
    }
    if (question.samples() == 0) {
      out.add("every batch is full: the size of the data set is not known (--samples)");
    }
    if (question.testSamples() == 0) {
      out.add("no validation between the epochs");
    }
    if (run().endsInLoss()) {
      out.add(
          "this program ends in its first loss: BCEWithLogitsLoss is given (B, 1) and (B); only"
              + " parameters and one forward pass exist");
    }
    Long budget = question.budgetBytes();
    if (budget != null && budget > device.totalMemoryBytes()) {
      out.add("the budget is capped at the card's own memory");
    }
    return out;
  }
}
