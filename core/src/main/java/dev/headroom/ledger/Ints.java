package dev.headroom.ledger;

import java.util.Arrays;

/**
 * A column of numbers that grows at its end, piece by piece: a deep network has millions of events,
 * and copying them into larger arrays again and again would cost more than writing them.
 */
final class Ints {
  private static final int BITS = 10;
  private static final int PIECE = 1 << BITS;

  private int[][] pieces;
  private int size;

  Ints() {
    this(new int[4][], 0);
  }

  private Ints(int[][] pieces, int size) {
    this.pieces = pieces;
    this.size = size;
  }

  /** As it is now; what is added later does not show. */
  Ints soFar() {
    return new Ints(pieces.clone(), size);
  }

  int size() {
    return size;
  }

  int get(int index) {
    return pieces[index >> BITS][index & (PIECE - 1)];
  }

  void add(int value) {
    int piece = size >> BITS;
    if ((size & (PIECE - 1)) == 0) {
      if (piece == pieces.length) {
        pieces = Arrays.copyOf(pieces, 2 * piece);
      }
      pieces[piece] = new int[PIECE];
    }
    pieces[piece][size++ & (PIECE - 1)] = value;
  }
}
