package dev.headroom.ledger;

import dev.headroom.tensor.SizeOverflowException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is alive when, read off a ledger. */
public final class Timeline {
  private final Ledger ledger;
  private final Map<Integer, Peak> peaks = new HashMap<>();
  private @Nullable Peak validation;
  private final EnumMap<Category, Long> largest = new EnumMap<>(Category.class);

  /** Reads a ledger once. */
  public Timeline(Ledger ledger) {
    this.ledger = ledger;
    int[] peakEvents = new int[ledger.iterations() + 1];
    long[] peakBytes = new long[peakEvents.length];
    java.util.Arrays.fill(peakEvents, -1);
    long live = 0;
    long validationBytes = 0;
    int validationEvent = -1;
    EnumMap<Category, Long> now = new EnumMap<>(Category.class);
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      live += ledger.delta(i);
      if (live < 0) {
        throw new SizeOverflowException("what is alive at once");
      }
      Category category = ledger.category(ledger.block(i));
      now.merge(category, ledger.delta(i), Long::sum);
      if (span.phase() == Phase.VALIDATION) {
        if (live > validationBytes) {
          validationBytes = live;
          validationEvent = i;
        }
      } else if (span.phase() != Phase.SETUP && live > peakBytes[span.iteration()]) {
        peakBytes[span.iteration()] = live;
        peakEvents[span.iteration()] = i;
      }
      if (span.phase() != Phase.VALIDATION) {
        largest.merge(category, now.getOrDefault(category, 0L), Math::max);
      }
    }
    for (int it = 0; it < peakEvents.length; it++) {
      if (peakEvents[it] >= 0) {
        peaks.put(it, peakAt(peakEvents[it], peakBytes[it]));
      }
    }
    if (validationEvent >= 0) {
      validation = peakAt(validationEvent, validationBytes);
    }
  }

  /** The peak of an iteration, counted from 1, without validation. */
  public Peak peak(int iteration) {
    Peak peak = peaks.get(iteration);
    if (peak == null) {
      throw new IllegalArgumentException("the ledger has no iteration " + iteration);
    }
    return peak;
  }

  /** The peak while validating. */
  public Peak validationPeak() {
    if (validation == null) {
      throw new IllegalArgumentException("the ledger has no validation");
    }
    return validation;
  }

  /** The highest peak of all iterations, without validation, the earliest of equals. */
  public Peak peak() {
    @Nullable Peak best = null;
    for (int it = 1; it <= ledger.iterations(); it++) {
      Peak peak = peaks.get(it);
      if (peak != null && (best == null || peak.liveBytes() > best.liveBytes())) {
        best = peak;
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("the ledger has no iteration");
    }
    return best;
  }

  /**
   * The most bytes of a category alive at once, outside validation. For {@link
   * Category#ACTIVATION}: whole storages that autograd kept, each once, without parameters, buffers
   * and the batch.
   */
  public long bytes(Category category) {
    return largest.getOrDefault(category, 0L);
  }

  private Peak peakAt(int event, long bytes) {
    EnumMap<Category, Long> by = new EnumMap<>(Category.class);
    for (int i = 0; i <= event; i++) {
      by.merge(ledger.category(ledger.block(i)), ledger.delta(i), Long::sum);
    }
    by.values().removeIf(v -> v == 0);
    return new Peak(bytes, event, ledger.span(event), by);
  }
}
