package dev.headroom.ledger;

import dev.headroom.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * Every allocation and free of a training loop, in order. Bytes are what was asked for: no
 * rounding, no allocator overhead.
 */
public final class Ledger {
  private static final Category[] CATEGORIES = Category.values();

  private final Events events;
  private final byte[] categories;
  private final Spans spans;

  /**
   * A stretch of events that belong together.
   *
   * @param iteration from 1; 0 is set-up
   * @param phase part of the loop
   * @param node call of the graph that it belongs to, or null
   * @param work what runs: the operator or autograd node, such as {@code AddmmBackward0}, or empty
   */
  public record Span(int iteration, Phase phase, @Nullable Node node, String work) {}

  /**
   * A ledger as {@link LedgerWriter} keeps it.
   *
   * @param categories ordinal of each block's category
   */
  Ledger(Events events, byte[] categories, Spans spans) {
    this.events = events;
    this.categories = categories;
    this.spans = spans;
  }

  /** Number of events. */
  public int size() {
    return events.size();
  }

  /** Bytes of an event: positive for an allocation, negative for a free. */
  public long delta(int event) {
    return events.delta(event);
  }

  /** Block that an event allocates or frees: numbered from 0 in order of allocation. */
  public int block(int event) {
    return events.block(event);
  }

  /** Where an event happens. */
  public Span span(int event) {
    return spans.get(events.span(event));
  }

  /** Number of the stretch of events that an event belongs to, from 0. */
  int spanNumber(int event) {
    return events.span(event);
  }

  /** The phase in which an event happens. */
  Phase phase(int event) {
    return spans.phase(events.span(event));
  }

  /** The iteration in which an event happens. */
  int iteration(int event) {
    return spans.iteration(events.span(event));
  }

  /** What a block is for. */
  public Category category(int block) {
    return CATEGORIES[categories[block]];
  }

  /** Number of blocks ever allocated. */
  public int blockCount() {
    return categories.length;
  }

  /** Number of the last iteration. */
  public int iterations() {
    int last = 0;
    for (int span = 0; span < spans.size(); span++) {
      last = Math.max(last, spans.iteration(span));
    }
    return last;
  }
}
