package dev.headroom.ledger;

import dev.headroom.graph.Node;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Collects events as they happen, on paper or while measuring. */
public final class LedgerWriter {
  private long[] deltas = new long[1024];
  private int[] blocks = new int[1024];
  private int[] spans = new int[1024];
  private int events;
  private long[] blockBytes = new long[512];
  private Category[] categories = new Category[512];
  private int[] bornIn = new int[512];
  private int blockCount;
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
    if (blockCount == blockBytes.length) {
      blockBytes = Arrays.copyOf(blockBytes, 2 * blockCount);
      categories = Arrays.copyOf(categories, 2 * blockCount);
      bornIn = Arrays.copyOf(bornIn, 2 * blockCount);
    }
    int block = blockCount++;
    blockBytes[block] = bytes;
    categories[block] = category;
    add(bytes, block);
    bornIn[block] = spanList.size() - 1;
    return block;
  }

  /** Records that a block is freed. */
  public void free(int block) {
    add(-blockBytes[block], block);
  }

  /** Says what a block turned out to be for. */
  public void tag(int block, Category category) {
    categories[block] = category;
  }

  /** What a block is for, as far as known. */
  public Category category(int block) {
    return categories[block];
  }

  /** The phase in which a block was allocated. */
  public Phase born(int block) {
    return spanList.phase(bornIn[block]);
  }

  /** Size of a block in bytes. */
  public long bytes(int block) {
    return blockBytes[block];
  }

  /** Number of events so far. */
  public int events() {
    return events;
  }

  /** Bytes of an event: positive for an allocation, negative for a free. */
  public long delta(int event) {
    return deltas[event];
  }

  /** Block that an event allocates or frees. */
  public int block(int event) {
    return blocks[event];
  }

  /** Where an event happened. */
  public Ledger.Span span(int event) {
    return spanList.get(spans[event]);
  }

  /** All that was collected so far. */
  public Ledger ledger() {
    return new Ledger(
        Arrays.copyOf(deltas, events),
        Arrays.copyOf(blocks, events),
        Arrays.copyOf(spans, events),
        Arrays.copyOf(categories, blockCount),
        spanList.copy());
  }

  private void add(long delta, int block) {
    if (!spanWritten) {
      spanList.add(iteration, phase, node, work);
      spanWritten = true;
    }
    if (events == deltas.length) {
      deltas = Arrays.copyOf(deltas, 2 * events);
      blocks = Arrays.copyOf(blocks, 2 * events);
      spans = Arrays.copyOf(spans, 2 * events);
    }
    deltas[events] = delta;
    blocks[events] = block;
    spans[events] = spanList.size() - 1;
    events++;
  }
}
