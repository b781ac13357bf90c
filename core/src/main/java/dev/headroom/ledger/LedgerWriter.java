package dev.headroom.ledger;

import dev.headroom.graph.Node;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Collects events as they happen, on paper or while measuring. */
@SuppressWarnings("EnumOrdinal") // a byte per block
public final class LedgerWriter {
  private static final Category[] CATEGORIES = Category.values();

  private final Events events = new Events();
  private final Ints bornIn = new Ints();
  private byte[] categories = new byte[512];
  private final Spans spans = new Spans();
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
    int span = span();
    int block = events.allocate(bytes, span);
    bornIn.add(span);
    if (block == categories.length) {
      categories = Arrays.copyOf(categories, 2 * block);
    }
    categories[block] = (byte) category.ordinal();
    return block;
  }

  /** Records that a block is freed. */
  public void free(int block) {
    events.free(block, span());
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
    return spans.phase(bornIn.get(block));
  }

  /** Size of a block in bytes. */
  public long bytes(int block) {
    return events.bytes(block);
  }

  /** Number of events so far. */
  public int events() {
    return events.size();
  }

  /** Bytes of an event: positive for an allocation, negative for a free. */
  public long delta(int event) {
    return events.delta(event);
  }

  /** Block that an event allocates or frees. */
  public int block(int event) {
    return events.block(event);
  }

  /** Where an event happened. */
  public Ledger.Span span(int event) {
    return spans.get(events.span(event));
  }

  /** All that was collected so far. */
  public Ledger ledger() {
    return new Ledger(
        events.soFar(), Arrays.copyOf(categories, events.blockCount()), spans.soFar());
  }

  /** The span to which an event goes now. */
  private int span() {
    if (!spanWritten) {
      spans.add(iteration, phase, node, work);
      spanWritten = true;
    }
    return spans.size() - 1;
  }
}
