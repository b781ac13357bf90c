package dev.headroom.allocator;

import java.util.Arrays;

/**
 * Every block of every segment as a row of primitive arrays, so that replaying millions of events
 * makes no garbage. A row is linked to its neighbours in the segment, and into at most one {@link
 * BlockTree}.
 */
final class Blocks {
  static final int NONE = Allocator.NONE;

  long[] address = new long[256];
  long[] size = new long[256];
  long[] requested = new long[256];
  int[] prev = new int[256];
  int[] next = new int[256];
  int[] pool = new int[256];

  /** Expandable segment that the block lies in, or {@link #NONE}. */
  int[] expandable = new int[256];

  boolean[] allocated = new boolean[256];
  boolean[] mapped = new boolean[256];

  /** Searches of the pool when the block was put into it: its age for garbage collection. */
  long[] searchesBefore = new long[256];

  // Links and heap priority inside a BlockTree.
  int[] left = new int[256];
  int[] right = new int[256];
  int[] priority = new int[256];

  private int[] unused = new int[256];
  private int unusedCount;
  private int rows;
  private int random = 0x9E3779B9;

  /** Rows ever used; a row below may be unused at the moment. */
  int rows() {
    return rows;
  }

  int create(int inPool, long at, long bytes) {
    int row = unusedCount > 0 ? unused[--unusedCount] : rows++;
    if (row == size.length) {
      grow();
    }
    address[row] = at;
    size[row] = bytes;
    requested[row] = 0;
    prev[row] = NONE;
    next[row] = NONE;
    pool[row] = inPool;
    expandable[row] = NONE;
    allocated[row] = false;
    mapped[row] = true;
    return row;
  }

  void discard(int row) {
    size[row] = 0;
    unused[unusedCount++] = row;
  }

  boolean isSplit(int row) {
    return prev[row] != NONE || next[row] != NONE;
  }

  /** Puts a new row between two neighbours. */
  void splice(int before, int row, int after) {
    prev[row] = before;
    next[row] = after;
    if (before != NONE) {
      next[before] = row;
    }
    if (after != NONE) {
      prev[after] = row;
    }
  }

  /** The front part of a row becomes a row of its own; the old row keeps the rest. */
  int splitFront(int row, long bytes) {
    int front = create(pool[row], address[row], bytes);
    expandable[front] = expandable[row];
    splice(prev[row], front, row);
    address[row] += bytes;
    size[row] -= bytes;
    return front;
  }

  /** Joins a row with a neighbour, which goes away. */
  void absorb(int row, int neighbour) {
    if (prev[row] == neighbour) {
      address[row] = address[neighbour];
      prev[row] = prev[neighbour];
      if (prev[row] != NONE) {
        next[prev[row]] = row;
      }
    } else {
      next[row] = next[neighbour];
      if (next[row] != NONE) {
        prev[next[row]] = row;
      }
    }
    size[row] += size[neighbour];
    discard(neighbour);
  }

  /** Pseudo-random, the same in every run: trees stay flat and results repeat. */
  int nextPriority() {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    return random;
  }

  private void grow() {
    int n = Math.multiplyExact(2, size.length);
    address = Arrays.copyOf(address, n);
    size = Arrays.copyOf(size, n);
    requested = Arrays.copyOf(requested, n);
    prev = Arrays.copyOf(prev, n);
    next = Arrays.copyOf(next, n);
    pool = Arrays.copyOf(pool, n);
    expandable = Arrays.copyOf(expandable, n);
    allocated = Arrays.copyOf(allocated, n);
    mapped = Arrays.copyOf(mapped, n);
    searchesBefore = Arrays.copyOf(searchesBefore, n);
    left = Arrays.copyOf(left, n);
    right = Arrays.copyOf(right, n);
    priority = Arrays.copyOf(priority, n);
    unused = Arrays.copyOf(unused, n);
  }
}
