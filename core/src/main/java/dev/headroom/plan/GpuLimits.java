package dev.headroom.plan;

import dev.headroom.device.Device;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which batches a card holds. What separates "surely" from "perhaps" are things that no rule knows:
 * the workspaces of cuDNN (none, or each as large as all tensors of its convolution), what cuDNN
 * keeps of a recurrent layer for backward (nothing, or all that the equations name), the size of a
 * context that was not measured, and what the driver keeps of the card's memory.
 *
 * <p>PyTorch goes on where a workspace finds no room: it takes the next kernel, in the end one that
 * needs none. So between the two ends a training runs, but perhaps not on the fastest kernels.
 */
public final class GpuLimits {
  private static final long FRIENDLY = 8;

  private final GpuQuestion question;
  private final Target target;
  private final boolean callsCudnn;
  private final Map<Long, Boolean> sure = new HashMap<>();
  private final Map<Long, Boolean> possible = new HashMap<>();

  private boolean solved;
  private @Nullable LargestBatch largest;

  /** The limits for a question. */
  public GpuLimits(GpuQuestion question) {
    this.question = question;
    this.target = GpuRun.target(question);
    this.callsCudnn = KernelScratch.has(question.graph());
  }

  GpuQuestion question() {
    return question;
  }

  /** What the loss holds the output against. */
  Target target() {
    return target;
  }

  /** Whether a batch fits whatever cuDNN takes and the context needs. */
  public boolean surely(long batch) {
    if (!callsCudnn && isCardKnown()) {
      return rulesHold(batch);
    }
    return sure.computeIfAbsent(
        batch,
        b ->
            fits(
                b,
                question.device().contextMostBytes(),
                question.device().driverMostBytes(),
                callsCudnn));
  }

  /** Whether a batch may fit: by rules alone, or surely. */
  public boolean perhaps(long batch) {
    return sure.getOrDefault(batch, false) || rulesHold(batch) || surely(batch);
  }

  private boolean rulesHold(long batch) {
    return possible.computeIfAbsent(
        batch,
        b ->
            fits(
                b,
                question.device().contextLeastBytes(),
                question.device().driverLeastBytes(),
                false));
  }

  private boolean isCardKnown() {
    Device device = question.device();
    return device.contextLeastBytes() == device.contextMostBytes() && leavesRoomForDriver(question);
  }

  /** Whether what the driver keeps is known, or the budget leaves it to the driver in any case. */
  static boolean leavesRoomForDriver(GpuQuestion question) {
    Device device = question.device();
    return device.driverBytes() != null
        || question.limitBytes() <= device.memoryBytes() - device.driverMostBytes();
  }

  /**
   * The allocator is limited by the card alone, so a cache is given back only where the card is
   * full. A budget below that is a promise about what the card shows.
   */
  private boolean fits(long batch, long context, long driver, boolean workspaces) {
    Device device = question.device();
    GpuQuestion asked = question.isBeyondData(batch) ? question.withoutEnd() : question;
    try {
      GpuRun run =
          GpuRun.of(
              asked, target, batch, device.memoryBytes() - driver - context, workspaces, false);
      return run.fits() && run.peakReservedBytes() + context <= question.limitBytes();
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /**
   * The largest batches: {@code fits} surely, {@code failsAt} surely not, and the recommended one:
   * at most 80 % of what surely fits and at most the data set, a multiple of 8 where that is
   * possible, itself tried. A larger budget never gives less.
   *
   * @return null if not even batch 1 can fit, and for a network that takes one batch alone; {@code
   *     fits} and {@code recommended} are 0 if nothing surely does
   */
  public @Nullable LargestBatch largest() {
    if (!solved) {
      largest = solve();
      solved = true;
    }
    return largest;
  }

  private @Nullable LargestBatch solve() {
    if (question.graph().ownBatch().isPresent()) {
      return null;
    }
    long reservable = question.limitBytes() - question.device().contextLeastBytes();
    LargestBatch live =
        LargestBatch.solve(this::livePeak, Math.max(0, reservable), question.samples());
    if (live == null || !perhaps(1)) {
      return null;
    }
    long fits = descend(live.fits(), this::surely);
    long failsAt = descend(live.fits(), this::perhaps) + 1;
    return new LargestBatch(fits, failsAt, recommended(fits));
  }

  /**
   * The largest batch, bit by bit. What is tried depends on nothing but the answers so far, so an
   * answer that turns from no to yes can only lead to a larger result. The batch after the result
   * was tried and fails, or is beyond the limit.
   */
  private static long descend(long limit, LongPredicate fits) {
    long found = 0;
    for (long bit = Long.highestOneBit(limit); bit > 0; bit /= 2) {
      if (found + bit <= limit && fits.test(found + bit)) {
        found += bit;
      }
    }
    return found;
  }

  private long recommended(long fits) {
    if (fits == 0) {
      return 0;
    }
    long most = LargestBatch.recommended(fits, 0);
    long data = question.samples() / question.recipe().accumulate();
    if (question.samples() > 0 && data <= most) {
      most = Math.max(1, data);
      if (surely(most)) {
        return most;
      }
    }
    long batch = most >= FRIENDLY ? most / FRIENDLY * FRIENDLY : most;
    while (batch > 0 && !surely(batch)) {
      batch -= batch > FRIENDLY ? FRIENDLY : 1;
    }
    return batch;
  }

  /** Live bytes of two steps at most: what is reserved is never less. */
  private long livePeak(long batch) {
    return new Timeline(
            PaperTraining.ledger(
                question.graph(),
                question.recipe(),
                target,
                question.device().backend(),
                List.of(batch, batch),
                0,
                Map.of()))
        .peak()
        .liveBytes();
  }
}
