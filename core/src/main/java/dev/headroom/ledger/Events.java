package dev.headroom.ledger;

/** Allocations and frees in order, with the size of each block, column by column. */
final class Events {
  /** Of each event its block; the complement of it where the block is freed. */
  private final Ints changes;

  /** Of each event its span. */
  private final Ints spans;

  private final Longs blockBytes;

  Events() {
    this(new Ints(), new Ints(), new Longs());
  }

  private Events(Ints changes, Ints spans, Longs blockBytes) {
    this.changes = changes;
    this.spans = spans;
    this.blockBytes = blockBytes;
  }

  /** As they are now; what is added later does not show. */
  Events soFar() {
    return new Events(changes.soFar(), spans.soFar(), blockBytes.soFar());
  }

  /** Adds an allocation and returns its block. */
  int allocate(long bytes, int span) {
    int block = blockBytes.size();
    blockBytes.add(bytes);
    changes.add(block);
    spans.add(span);
    return block;
  }

  void free(int block, int span) {
    changes.add(~block);
    spans.add(span);
  }

  int size() {
    return changes.size();
  }

  int blockCount() {
    return blockBytes.size();
  }

  long bytes(int block) {
    return blockBytes.get(block);
  }

  /** Bytes of an event: positive for an allocation, negative for a free. */
  long delta(int event) {
    int change = changes.get(event);
    return change < 0 ? -blockBytes.get(~change) : blockBytes.get(change);
  }

  int block(int event) {
    int change = changes.get(event);
    return change < 0 ? ~change : change;
  }

  int span(int event) {
    return spans.get(event);
  }
}
