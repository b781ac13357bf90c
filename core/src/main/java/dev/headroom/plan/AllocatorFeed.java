package dev.headroom.plan;

import dev.headroom.allocator.Allocator;
import dev.headroom.allocator.CachingAllocator;
import dev.headroom.ledger.LedgerWriter;
import java.util.Arrays;

/**
 * Puts a ledger through an allocator while it is being written. A stretch is what was written
 * between two calls: an iteration, or within it a micro-batch. Once two in a row are the same,
 * further ones need not be written, and once one leaves the allocator as an earlier one did, whole
 * rounds need not be handled either.
 */
final class AllocatorFeed {
  /** Events and blocks of a ledger, from the first to before the end. */
  private record Stretch(int start, int end, int firstBlock, int endBlock) {
    static final Stretch NONE = new Stretch(0, 0, 0, 0);

    int events() {
      return end - start;
    }

    int count() {
      return endBlock - firstBlock;
    }
  }

  private final CachingAllocator allocator;
  private final LedgerWriter ledger;
  private final long mostBytes;
  private int[] handles = new int[1024];
  private int at;
  private int blocks;
  private long peakAllocated;
  private long peakReserved;
  private int peakEvent = -1;
  private int failedEvent = -1;
  private long sequence;

  private Stretch last = Stretch.NONE;
  private Stretch earlier = Stretch.NONE;

  /** The micro-batch that was handled last in the iteration at hand. */
  private Stretch pass = Stretch.NONE;

  /** The micro-batch of the iteration at hand, then of the last one, that stands for others. */
  private Stretch repeated = Stretch.NONE;

  /** How many others. */
  private long repeats;

  /**
   * Feeds an allocator.
   *
   * @param mostBytes a request that makes it reserve more has failed, too
   */
  AllocatorFeed(CachingAllocator allocator, LedgerWriter ledger, long mostBytes) {
    this.allocator = allocator;
    this.ledger = ledger;
    this.mostBytes = mostBytes;
  }

  /** Handles what was written since the last call; false once a request has failed. */
  boolean advance() {
    begin();
    boolean fits = handle();
    earlier = last;
    last = new Stretch(earlier.end(), at, earlier.endBlock(), blocks);
    pass = new Stretch(at, at, blocks, blocks);
    return fits;
  }

  /**
   * Handles a micro-batch, before the end of its iteration. Where it asks for the same as the one
   * before, so will those that follow: they are handled, too.
   *
   * @param left how many follow
   * @return whether nothing more need be written of them; they may also have failed
   */
  boolean passes(int left) {
    begin();
    Stretch before = pass;
    long sequenceBefore = sequence;
    boolean fits = handle();
    pass = new Stretch(before.end(), at, before.endBlock(), blocks);
    if (!fits) {
      return true;
    }
    if (!isSame(before, pass)) {
      return false;
    }
    repeated = pass;
    repeats = left;
    int[] now = Arrays.copyOfRange(handles, pass.firstBlock(), pass.endBlock());
    repeatPass(now, sequenceBefore);
    System.arraycopy(now, 0, handles, pass.firstBlock(), now.length);
    return true;
  }

  private void begin() {
    if (at == last.end()) {
      sequence = 0;
      repeats = 0;
    }
  }

  private boolean handle() {
    for (; failedEvent < 0 && at < ledger.events(); at++) {
      long delta = ledger.delta(at);
      int block = ledger.block(at);
      if (delta < 0) {
        allocator.free(handles[block]);
        continue;
      }
      if (block >= handles.length) {
        handles = Arrays.copyOf(handles, Math.max(2 * handles.length, block + 1));
      }
      blocks = block + 1;
      handles[block] = allocate(delta, at);
    }
    return failedEvent < 0;
  }

  private int allocate(long bytes, int event) {
    int handle = allocator.allocate(bytes, 0);
    if (handle == Allocator.NONE) {
      failedEvent = event;
      return handle;
    }
    sequence = sequence * 0x9E3779B97F4A7C15L + allocator.address(handle);
    peakAllocated = Math.max(peakAllocated, allocator.allocatedBytes());
    if (allocator.reservedBytes() > peakReserved) {
      peakReserved = allocator.reservedBytes();
      peakEvent = event;
    }
    if (peakReserved > mostBytes) {
      failedEvent = event;
    }
    return handle;
  }

  /** Whether the last two stretches ask for the same in the same order. */
  boolean isSteady() {
    return isSame(earlier, last);
  }

  private boolean isSame(Stretch one, Stretch next) {
    if (next.events() == 0 || one.events() != next.events() || one.count() != next.count()) {
      return false;
    }
    for (int i = 0; i < next.events(); i++) {
      int block = ledger.block(next.start() + i) - next.firstBlock();
      if (ledger.delta(next.start() + i) != ledger.delta(one.start() + i)
          || block != ledger.block(one.start() + i) - one.firstBlock()
          || block < -next.count()) {
        return false;
      }
    }
    return true;
  }

  /** Handles the last stretch once more; only where {@link #isSteady}. */
  boolean repeat() {
    int[] before = Arrays.copyOfRange(handles, last.firstBlock(), last.endBlock());
    int[] now = new int[before.length];
    sequence = 0;
    boolean fits =
        repeats == 0
            ? repeat(last, last.start(), last.end(), now, before)
            : repeat(last, last.start(), repeated.start(), now, before)
                && repeatWithPasses(now, before)
                && repeat(last, repeated.end(), last.end(), now, before);
    // The next stretch that is written frees these.
    System.arraycopy(now, 0, handles, last.firstBlock(), now.length);
    return fits;
  }

  private boolean repeatWithPasses(int[] now, int[] before) {
    long sequenceBefore = sequence;
    if (!repeat(last, repeated.start(), repeated.end(), now, before)) {
      return false;
    }
    int first = repeated.firstBlock() - last.firstBlock();
    int[] ofPass = Arrays.copyOfRange(now, first, first + repeated.count());
    boolean fits = repeatPass(ofPass, sequenceBefore);
    System.arraycopy(ofPass, 0, now, first, ofPass.length);
    return fits;
  }

  /**
   * Events of a stretch once more.
   *
   * @param now where its blocks are, as far as they are handled
   * @param before where they were the last time
   */
  private boolean repeat(Stretch stretch, int from, int to, int[] now, int[] before) {
    for (int i = from; i < to; i++) {
      int block = ledger.block(i) - stretch.firstBlock();
      if (ledger.delta(i) < 0) {
        allocator.free(block >= 0 ? now[block] : before[before.length + block]);
        continue;
      }
      now[block] = allocate(ledger.delta(i), i);
      if (failedEvent >= 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Handles the micro-batches that one stands for; once a state comes back, whole rounds are left
   * out.
   *
   * @param now where the blocks of that one are, then of the last
   * @param sequenceBefore as it was before that one
   */
  private boolean repeatPass(int[] now, long sequenceBefore) {
    Rounds rounds = new Rounds();
    rounds.skip(state(), 0, repeats);
    int[] next = new int[now.length];
    for (long done = 0; done < repeats; ) {
      sequence = sequenceBefore;
      if (!repeat(repeated, repeated.start(), repeated.end(), next, now)) {
        return false;
      }
      System.arraycopy(next, 0, now, 0, now.length);
      done = rounds.skip(state(), done + 1, repeats);
    }
    return true;
  }

  /**
   * What the allocator will do from here on depends on its state and on where the blocks of the
   * last stretch lie: equal values mean that the same requests will be answered in the same way.
   */
  long state() {
    return allocator.fingerprint() * 31 + sequence;
  }

  /** Segments that were ever asked for. */
  long segments() {
    return allocator.segmentsTaken();
  }

  long peakAllocatedBytes() {
    return peakAllocated;
  }

  long peakReservedBytes() {
    return peakReserved;
  }

  /** The event that last made the segments grow. */
  int peakEvent() {
    return peakEvent;
  }

  /** The request that found no memory, or -1. */
  int failedEvent() {
    return failedEvent;
  }
}
