package dev.headroom.ledger;

import dev.headroom.tensor.SizeOverflowException;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** What is alive when, read off a ledger in one pass. */
@SuppressWarnings("EnumOrdinal") // one pass over many events: arrays by category, no boxing
public final class Timeline {
  private static final Category[] CATEGORIES = Category.values();

  private final @Nullable Peak[] peaks;
  private final @Nullable Peak validation;
  private final long[] largest = new long[CATEGORIES.length];

  /** Reads a ledger once. */
  public Timeline(Ledger ledger) {
    this(ledger, LongUnaryOperator.identity());
  }

  /**
   * Reads a ledger once, each block as large as something below the tensors makes it.
   *
   * @param size bytes that a block of so many bytes takes, the same at each call
   */
  public Timeline(Ledger ledger, LongUnaryOperator size) {
    Highest[] highest = new Highest[ledger.iterations() + 1];
    for (int i = 0; i < highest.length; i++) {
      highest[i] = new Highest();
    }
    Highest highestInValidation = new Highest();
    long[] now = new long[CATEGORIES.length];
    long live = 0;
    Phase before = Phase.SETUP;
    long kept = 0;
    boolean trains = false;
    for (int i = 0; i < ledger.size(); i++) {
      Phase phase = ledger.phase(i);
      if (phase != before && phase == Phase.BACKWARD) {
        kept = Math.max(kept, now[Category.ACTIVATION.ordinal()]);
        trains = true;
      }
      before = phase;
      long asked = ledger.delta(i);
      long delta = asked < 0 ? -size.applyAsLong(-asked) : size.applyAsLong(asked);
      live += delta;
      if (live < 0) {
        throw new SizeOverflowException("what is alive at once");
      }
      int category = ledger.category(ledger.block(i)).ordinal();
      now[category] += delta;
      if (phase == Phase.VALIDATION) {
        highestInValidation.see(live, i, now);
      } else {
        largest[category] = Math.max(largest[category], now[category]);
        if (phase != Phase.SETUP) {
          highest[ledger.iteration(i)].see(live, i, now);
        }
      }
    }
    if (trains) {
      largest[Category.ACTIVATION.ordinal()] = kept;
    }
    peaks = new Peak[highest.length];
    for (int i = 0; i < peaks.length; i++) {
      peaks[i] = highest[i].peak(ledger);
    }
    validation = highestInValidation.peak(ledger);
  }

  /** The peak of an iteration, counted from 1, without validation. */
  public Peak peak(int iteration) {
    Peak peak = iteration < peaks.length ? peaks[iteration] : null;
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
    Peak best = null;
    for (int i = 1; i < peaks.length; i++) {
      Peak peak = peaks[i];
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
   * Category#ACTIVATION}, at the start of a backward pass: whole storages that autograd kept, each
   * once, without parameters, buffers and the batch. (Before, the last iteration's output, which
   * the loss had kept, is still held by the loop.)
   */
  public long bytes(Category category) {
    return largest[category.ordinal()];
  }

  /** The highest point seen so far, with what was alive there. */
  private static final class Highest {
    private long liveBytes;
    private int event = -1;
    private final long[] byCategory = new long[CATEGORIES.length];

    void see(long live, int i, long[] now) {
      if (live > liveBytes) {
        liveBytes = live;
        event = i;
        System.arraycopy(now, 0, byCategory, 0, now.length);
      }
    }

    @Nullable Peak peak(Ledger ledger) {
      if (event < 0) {
        return null;
      }
      Map<Category, Long> by = new EnumMap<>(Category.class);
      for (Category category : CATEGORIES) {
        if (byCategory[category.ordinal()] != 0) {
          by.put(category, byCategory[category.ordinal()]);
        }
      }
      return new Peak(liveBytes, event, ledger.span(event), by);
    }
  }
}
