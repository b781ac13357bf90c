package dev.headroom.ledger;

import dev.headroom.graph.Node;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Collects events as they happen, on paper or while measuring. */
@SuppressWarnings("EnumOrdinal") // a byte per block
public final class LedgerWriter {
  private static final Category[] CATEGORIES = Category.values();

  /** Of each event its block; the complement of it where the block is freed. */
  private final Ints changes = new Ints();

  /** Of each event its span. */
  private final Ints spans = new Ints();

  private final Longs blockBytes = new Longs();
  private final Ints bornIn = new Ints();
  private byte[] categories = new byte[512];
  private final Spans spanList = new Spans();
  private int iteration;
  private Phase phase = Phase.SETUP;
  private @Nullable Node node;
  private String work = "";
  private boolean spanWritten;

  /** Begins a phase. */
  public void phase(int newIteration, Phase newPhase) {
    iteration = newIteration;
    phase = newPhase;
    node = null;
    work = "";
    spanWritten = false;
  }

  /** Says which call of the graph, and which operator or autograd node, events belong to. */
  @SuppressWarnings(
      "ReferenceEquality") // a node is itself; comparing its arguments would cost time
  public void at(@Nullable Node newNode, String newWork) {
    if (node != newNode || !work.equals(newWork)) {
      node = newNode;
      work = newWork;
      spanWritten = false;
    }
  }

  /** Begins a span as another ledger has it. */
  void begin(Ledger.Span span) {
    phase(span.iteration(), span.phase());
    node = span.node();
    work = span.work();
  }

  /** The phase to which events go at the moment. */
  public Phase phase() {
    return phase;
  }

  /** Records an allocation and returns its block. */
  public int allocate(long bytes, Category category) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("an allocation of " + bytes + " bytes is no event");
    }
    int block = blockBytes.size();
    if (block == categories.length) {
      categories = Arrays.copyOf(categories, 2 * block);
    }
    categories[block] = (byte) category.ordinal();
    blockBytes.add(bytes);
    add(block);
    bornIn.add(spanList.size() - 1);
    return block;
  }

  /** Records that a block is freed. */
  public void free(int block) {
    add(~block);
  }

  /** Says what a block turned out to be for. */
  public void tag(int block, Category category) {
    categories[block] = (byte) category.ordinal();
  }

  /** What a block is for, as far as known. */
  public Category category(int block) {
    return CATEGORIES[categories[block]];
  }

  /** The phase in which a block was allocated. */
  public Phase born(int block) {
    return spanList.phase(bornIn.get(block));
  }

  /** Size of a block in bytes. */
  public long bytes(int block) {
    return blockBytes.get(block);
  }

  /** Number of events so far. */
  public int events() {
    return changes.size();
  }

  /** Bytes of an event: positive for an allocation, negative for a free. */
  public long delta(int event) {
    int change = changes.get(event);
    return change < 0 ? -blockBytes.get(~change) : blockBytes.get(change);
  }

  /** Block that an event allocates or frees. */
  public int block(int event) {
    int change = changes.get(event);
    return change < 0 ? ~change : change;
  }

  /** Where an event happened. */
  public Ledger.Span span(int event) {
    return spanList.get(spans.get(event));
  }

  /** All that was collected so far. */
  public Ledger ledger() {
    return new Ledger(
        changes.soFar(),
        spans.soFar(),
        blockBytes.soFar(),
        Arrays.copyOf(categories, blockBytes.size()),
        spanList.soFar());
  }

  private void add(int change) {
    if (!spanWritten) {
      spanList.add(iteration, phase, node, work);
      spanWritten = true;
    }
    changes.add(change);
    spans.add(spanList.size() - 1);
  }
}
