package dev.headroom.plan;

import dev.headroom.device.Device;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
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
  /** Recommended batches are multiples of it where they can be. */
  public static final long FRIENDLY = 8;

  private final GpuQuestion question;
  private final Target target;
  private final boolean callsCudnn;
  private final Map<Long, Boolean> sure = new HashMap<>();
  private final Map<Tried, Long> reserved = new HashMap<>();

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

  /** A replay whose result is kept. */
  private record Tried(long batch, long limitBytes, boolean workspaces) {}

  /**
   * Whether a batch fits whatever cuDNN takes and the context needs. With workspaces segments are
   * cut otherwise, so that now and then less is reserved than without: both must fit.
   */
  public boolean surely(long batch) {
    return sure.computeIfAbsent(
        batch, b -> (!callsCudnn || fits(b, most(), true)) && fits(b, most(), false));
  }

  /** Whether a batch may fit: by rules alone. */
  public boolean perhaps(long batch) {
    return sure.getOrDefault(batch, false)
        || fits(batch, least(), false)
        || ways().anyMatch(way -> fits(batch, way, false));
  }

  /** What is not known at its least: what the context takes, and the driver of the card. */
  private Beside least() {
    Device device = question.device();
    return new Beside(device.contextLeastBytes(), device.driverLeastBytes());
  }

  private Beside most() {
    Device device = question.device();
    return new Beside(device.contextMostBytes(), device.driverMostBytes());
  }

  /** What the card holds beside the allocator's segments. */
  private record Beside(long contextBytes, long driverBytes) {}

  /**
   * What the card shows as used at a batch: by rules with the usual context, and the interval that
   * it lies in. A batch surely fits if the most is within the limit, and may fit if the least is.
   * Where a card is full its allocator gives back what is cached, so that it shows no more than it
   * has.
   */
  CardUse use(long batch) {
    Beside beside = beside(batch);
    long limit = capacity(batch, beside);
    GpuRun run = run(batch, limit, false);
    reserved.put(new Tried(batch, limit, false), run.peakReservedBytes());
    long used = usedBytes(batch);
    long most = used(batch, most(), false);
    return new CardUse(
        run,
        beside.contextBytes(),
        used,
        Math.min(used, used(batch, least(), false)),
        Math.max(used, callsCudnn ? Math.max(most, used(batch, most(), true)) : most));
  }

  /** Of that the figure by rules. */
  long usedBytes(long batch) {
    return question.device().usedBytes(reservedBytes(batch), beside(batch).contextBytes());
  }

  /** Of that the allocator's segments. */
  long reservedBytes(long batch) {
    return reservedBytes(batch, capacity(batch, beside(batch)), false);
  }

  /** The usual, or else one with which the batch fits, if there is one. */
  private Beside beside(long batch) {
    return ways()
        .filter(way -> fits(batch, way, false))
        .findFirst()
        .orElseGet(() -> ways().findFirst().orElseThrow());
  }

  /** From the usual to what is taken for the ends. */
  private Stream<Beside> ways() {
    Device device = question.device();
    return Stream.of(
        new Beside(device.contextBytes(), device.driverMostBytes()),
        new Beside(device.contextBytes(), device.driverLeastBytes()),
        least(),
        most());
  }

  /** What the allocator may reserve beside it; no limit if that is not enough. */
  private long capacity(long batch, Beside beside) {
    return fits(batch, beside, false) ? capacity(beside) : Long.MAX_VALUE;
  }

  private long used(long batch, Beside beside, boolean workspaces) {
    long bytes = reservedBytes(batch, capacity(beside), workspaces);
    return question
        .device()
        .usedBytes(
            bytes < 0 ? reservedBytes(batch, Long.MAX_VALUE, workspaces) : bytes,
            beside.contextBytes());
  }

  private long capacity(Beside beside) {
    return question.device().memoryBytes() - beside.driverBytes() - beside.contextBytes();
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
  private boolean fits(long batch, Beside beside, boolean workspaces) {
    try {
      long bytes = reservedBytes(batch, capacity(beside), workspaces);
      return bytes >= 0
          && question.device().usedBytes(bytes, beside.contextBytes()) <= question.limitBytes();
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /** Most bytes of segments where the allocator may reserve so much; -1 if that is not enough. */
  private long reservedBytes(long batch, long limit, boolean workspaces) {
    // A run that stays below a limit is the same under any that it stays below.
    long most = capacity(least());
    Long wide = limit < most ? reserved.get(new Tried(batch, most, workspaces)) : null;
    return wide != null && wide <= limit ? wide : tried(batch, limit, workspaces);
  }

  private long tried(long batch, long limit, boolean workspaces) {
    return reserved.computeIfAbsent(
        new Tried(batch, limit, workspaces),
        t -> {
          // More than the most that any context leaves of a budget is no answer to any question.
          long most =
              limit == Long.MAX_VALUE
                  ? limit
                  : question.limitBytes() - question.device().contextLeastBytes();
          GpuRun run = GpuRun.of(asked(batch), target, batch, limit, most, workspaces, false);
          return run.fits() ? run.peakReservedBytes() : -1;
        });
  }

  private GpuRun run(long batch, long limit, boolean workspaces) {
    return GpuRun.of(asked(batch), target, batch, limit, workspaces, false);
  }

  private GpuQuestion asked(long batch) {
    return question.isBeyondData(batch) ? question.withoutEnd() : question;
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
  public long livePeak(long batch) {
    return new Timeline(
            PaperTraining.ledger(
                question.graph(),
                PaperTraining.withFewPasses(question.recipe()),
                target,
                question.device().backend(),
                List.of(batch, batch),
                0,
                Map.of()))
        .peak()
        .liveBytes();
  }
}
