package dev.headroom.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that was recorded twice at small batches, extended to any batch. Bytes of a block are
 * taken as {@code perSample * batch + fixed}, where the batch is that of the iteration in which it
 * was allocated; the two recordings give both numbers, block by block. It needs no rules, and it
 * covers what kernels allocate inside themselves.
 */
public final class Recording {
  /**
   * What was recorded.
   *
   * @param ledger set-up, iterations, then perhaps validation
   * @param batches samples in a micro-batch of each iteration
   * @param validationBatch samples in the validation batch, 0 if there was none
   */
  public record Run(Ledger ledger, List<Long> batches, long validationBatch) {
    public Run {
      batches = List.copyOf(batches);
    }

    /** Samples of the batch in which an event happens. */
    private long batch(int event) {
      if (ledger.phase(event) == Phase.VALIDATION) {
        return validationBatch;
      }
      int iteration = ledger.iteration(event);
      return iteration == 0 ? 0 : batches.get(iteration - 1);
    }
  }

  private final Run first;
  private final long[] perSample;
  private final long[] fixed;

  /** The event that allocates each block. */
  private final int[] born;

  private Recording(Run first, long[] perSample, long[] fixed, int[] born) {
    this.first = first;
    this.perSample = perSample;
    this.fixed = fixed;
    this.born = born;
  }

  /** A recording of a network that takes one batch only: extended to nothing else. */
  public static Recording of(Run only) {
    return of(only, only);
  }

  /**
   * Lays two recordings side by side. Blocks that die one after the other in one place, as
   * autocast's casts of weights do when its cache is cleared, may do so in either order: that of a
   * map hashed by address, which no run shares with another.
   *
   * @param first at smaller batches
   * @param second at larger batches, of the same loop
   * @throws RecordingMismatchException if events differ in number, order or kind, or a size does
   *     not grow by whole bytes per sample
   */
  public static Recording of(Run first, Run second) {
    Ledger a = first.ledger();
    Ledger b = second.ledger();
    int common = Math.min(a.size(), b.size());
    int[] orderOfA = freesSorted(a);
    int[] orderOfB = freesSorted(b);
    int[] born = new int[a.blockCount()];
    long[] perSample = new long[a.blockCount()];
    long[] fixed = new long[a.blockCount()];
    for (int i = 0; i < common; i++) {
      if (!sameEvent(a, orderOfA[i], b, orderOfB[i])) {
        throw new RecordingMismatchException(first, second, i);
      }
      if (a.delta(i) > 0) {
        int block = a.block(i);
        born[block] = i;
        long samples = second.batch(i) - first.batch(i);
        long growth = b.delta(i) - a.delta(i);
        if (samples == 0 ? growth != 0 : growth % samples != 0) {
          throw new RecordingMismatchException(first, second, i);
        }
        perSample[block] = samples == 0 ? 0 : growth / samples;
        fixed[block] = a.delta(i) - perSample[block] * first.batch(i);
      }
    }
    if (a.size() != b.size()) {
      throw new RecordingMismatchException(first, second, common);
    }
    return new Recording(first, perSample, fixed, born);
  }

  /**
   * Events in order, those that free one after the other in one place by their blocks. A deep
   * network's gradients are freed in one place, and in the reverse order of their allocation.
   */
  private static int[] freesSorted(Ledger ledger) {
    int[] order = new int[ledger.size()];
    Arrays.setAll(order, i -> i);
    for (int begin = 0, end; begin < order.length; begin = end) {
      end = endOfFrees(ledger, begin);
      if (end - begin > 1) {
        long[] byBlock = new long[end - begin];
        for (int i = begin; i < end; i++) {
          byBlock[i - begin] = ((long) ledger.block(i) << Integer.SIZE) | i;
        }
        Arrays.sort(byBlock);
        for (int i = begin; i < end; i++) {
          order[i] = (int) byBlock[i - begin];
        }
      }
    }
    return order;
  }

  /** Where a row of frees in one place ends; behind the event itself if it is none. */
  private static int endOfFrees(Ledger ledger, int begin) {
    int end = begin + 1;
    if (ledger.delta(begin) < 0) {
      int span = ledger.spanNumber(begin);
      while (end < ledger.size() && ledger.delta(end) < 0 && ledger.spanNumber(end) == span) {
        end++;
      }
    }
    return end;
  }

  /** Sizes may differ; what happens, to which block, and where, may not. */
  private static boolean sameEvent(Ledger a, int eventOfA, Ledger b, int eventOfB) {
    Ledger.Span x = a.span(eventOfA);
    Ledger.Span y = b.span(eventOfB);
    return (a.delta(eventOfA) > 0) == (b.delta(eventOfB) > 0)
        && a.block(eventOfA) == b.block(eventOfB)
        && a.category(a.block(eventOfA)) == b.category(b.block(eventOfB))
        && x.iteration() == y.iteration()
        && x.phase() == y.phase()
        && Objects.equals(x.node(), y.node())
        && x.work().equals(y.work());
  }

  /**
   * Whether a block would have less than no bytes at batch 0, as the two sizes of one that grows
   * with the square of the batch make believe.
   */
  public boolean mayCurve() {
    return Arrays.stream(fixed).anyMatch(bytes -> bytes < 0);
  }

  /**
   * Holds the extension against another recording of the same loop.
   *
   * @throws RecordingMismatchException if it says otherwise
   */
  public void check(Run other) {
    Ledger real = other.ledger();
    Ledger recorded = first.ledger();
    for (int i = 0; i < recorded.size(); i++) {
      long bytes = bytes(recorded.block(i), other);
      if (i == real.size() || real.delta(i) != (recorded.delta(i) > 0 ? bytes : -bytes)) {
        throw RecordingMismatchException.uneven(first, other, i, bytes);
      }
    }
  }

  /** Iterations that were recorded. */
  public int iterations() {
    return first.batches().size();
  }

  /**
   * The ledger at other batches. Asked for fewer iterations than were recorded, it ends after them;
   * with validation, all recorded iterations come before it, the missing ones as large as the last.
   *
   * @param batches samples in a micro-batch of each iteration
   * @param validationBatch samples in a validation batch, 0 for none
   * @throws IllegalArgumentException if that was not recorded
   */
  public Ledger ledger(List<Long> batches, long validationBatch) {
    Run wanted = wanted(batches, validationBatch);
    Ledger recorded = first.ledger();
    LedgerWriter writer = new LedgerWriter();
    int[] made = new int[perSample.length];
    int before = -1;
    for (int i = 0; i < recorded.size() && !isBeyond(recorded, i, wanted); i++) {
      if (recorded.spanNumber(i) != before) {
        before = recorded.spanNumber(i);
        writer.begin(recorded.span(i));
      }
      int block = recorded.block(i);
      long bytes = bytes(block, wanted);
      if (bytes == 0) {
        // As the differences between samples, of which there are none if there is only one.
        continue;
      }
      if (recorded.delta(i) > 0) {
        made[block] = writer.allocate(bytes, recorded.category(block));
      } else {
        writer.free(made[block]);
      }
    }
    return writer.ledger();
  }

  /**
   * The most live bytes in the iterations and validation of {@link #ledger(List, long)}, without
   * making it.
   */
  public long peakBytes(List<Long> batches, long validationBatch) {
    Run wanted = wanted(batches, validationBatch);
    Ledger recorded = first.ledger();
    long live = 0;
    long peak = 0;
    for (int i = 0; i < recorded.size() && !isBeyond(recorded, i, wanted); i++) {
      long bytes = bytes(recorded.block(i), wanted);
      live = Math.addExact(live, recorded.delta(i) > 0 ? bytes : -bytes);
      if (live > peak && recorded.phase(i) != Phase.SETUP) {
        peak = live;
      }
    }
    return peak;
  }

  private Run wanted(List<Long> batches, long validationBatch) {
    if (batches.size() > iterations() || (validationBatch > 0 && first.validationBatch() == 0)) {
      throw new IllegalArgumentException(
          "recorded were " + iterations() + " iterations, asked for are " + batches.size());
    }
    List<Long> all = new ArrayList<>(batches);
    while (validationBatch > 0 && all.size() < iterations()) {
      all.add(batches.getLast());
    }
    return new Run(first.ledger(), all, validationBatch);
  }

  private static boolean isBeyond(Ledger recorded, int event, Run wanted) {
    return recorded.iteration(event) > wanted.batches().size()
        || (recorded.phase(event) == Phase.VALIDATION && wanted.validationBatch() == 0);
  }

  private long bytes(int block, Run wanted) {
    long bytes =
        Math.addExact(
            Math.multiplyExact(perSample[block], wanted.batch(born[block])), fixed[block]);
    if (bytes < 0) {
      throw new IllegalArgumentException(
          "the recording gives "
              + bytes
              + " bytes for a block of "
              + where(wanted.ledger().span(born[block]))
              + ": it cannot be extended to batch "
              + wanted.batch(born[block]));
    }
    return bytes;
  }

  static String where(Ledger.@Nullable Span span) {
    if (span == null) {
      return "nothing";
    }
    String node = span.node() == null ? "" : " of " + span.node();
    return span.phase() + (span.work().isEmpty() ? "" : " " + span.work()) + node;
  }
}
