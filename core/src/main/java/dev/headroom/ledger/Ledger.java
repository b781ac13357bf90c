package dev.headroom.ledger;

import dev.headroom.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * Every allocation and free of a training loop, in order. Bytes are what was asked for: no
 * rounding, no allocator overhead.
 */
public final class Ledger {
  private static final Category[] CATEGORIES = Category.values();

  private final Ints changes;
  private final Ints spans;
  private final Longs blockBytes;
  private final byte[] categories;
  private final Spans spanList;

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
   * @param changes block of each event, its complement where the block is freed
   * @param categories ordinal of each block's category
   */
  Ledger(Ints changes, Ints spans, Longs blockBytes, byte[] categories, Spans spanList) {
    this.changes = changes;
    this.spans = spans;
    this.blockBytes = blockBytes;
    this.categories = categories;
    this.spanList = spanList;
  }

  /** Number of events. */
  public int size() {
    return changes.size();
  }

  /** Bytes of an event: positive for an allocation, negative for a free. */
  public long delta(int event) {
    int change = changes.get(event);
    return change < 0 ? -blockBytes.get(~change) : blockBytes.get(change);
  }

  /** Block that an event allocates or frees: numbered from 0 in order of allocation. */
  public int block(int event) {
    int change = changes.get(event);
    return change < 0 ? ~change : change;
  }

  /** Where an event happens. */
  public Span span(int event) {
    return spanList.get(spans.get(event));
  }

  /** Number of the stretch of events that an event belongs to, from 0. */
  int spanNumber(int event) {
    return spans.get(event);
  }

  /** The phase in which an event happens. */
  Phase phase(int event) {
    return spanList.phase(spans.get(event));
  }

  /** The iteration in which an event happens. */
  int iteration(int event) {
    return spanList.iteration(spans.get(event));
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
    for (int span = 0; span < spanList.size(); span++) {
      last = Math.max(last, spanList.iteration(span));
    }
    return last;
  }
}
