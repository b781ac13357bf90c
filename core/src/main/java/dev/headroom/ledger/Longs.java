package dev.headroom.ledger;

import java.util.Arrays;

/** Wide numbers, kept as {@link Ints} keeps narrow ones. */
final class Longs {
  private static final int BITS = 10;
  private static final int PIECE = 1 << BITS;

  private long[][] pieces;
  private int size;

  Longs() {
    this(new long[4][], 0);
  }

  private Longs(long[][] pieces, int size) {
    this.pieces = pieces;
    this.size = size;
  }

  /** As it is now; what is added later does not show. */
  Longs soFar() {
    return new Longs(pieces.clone(), size);
  }

  int size() {
    return size;
  }

  long get(int index) {
    return pieces[index >> BITS][index & (PIECE - 1)];
  }

  void add(long value) {
    int piece = size >> BITS;
    if ((size & (PIECE - 1)) == 0) {
      if (piece == pieces.length) {
        pieces = Arrays.copyOf(pieces, 2 * piece);
      }
      pieces[piece] = new long[PIECE];
    }
    pieces[piece][size++ & (PIECE - 1)] = value;
  }
}
