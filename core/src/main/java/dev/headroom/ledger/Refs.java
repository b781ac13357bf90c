package dev.headroom.ledger;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Objects, or null, kept as {@link Ints} keeps numbers. */
final class Refs<T> {
  private static final int BITS = 10;
  private static final int PIECE = 1 << BITS;

  private @Nullable Object[][] pieces;
  private int size;

  Refs() {
    this(new Object[4][], 0);
  }

  private Refs(@Nullable Object[][] pieces, int size) {
    this.pieces = pieces;
    this.size = size;
  }

  /** As it is now; what is added later does not show. */
  Refs<T> soFar() {
    return new Refs<>(pieces.clone(), size);
  }

  @SuppressWarnings("unchecked") // add puts in nothing else
  @Nullable T get(int index) {
    return (T) pieces[index >> BITS][index & (PIECE - 1)];
  }

  void add(@Nullable T value) {
    int piece = size >> BITS;
    if ((size & (PIECE - 1)) == 0) {
      if (piece == pieces.length) {
        pieces = Arrays.copyOf(pieces, 2 * piece);
      }
      pieces[piece] = new Object[PIECE];
    }
    pieces[piece][size++ & (PIECE - 1)] = value;
  }
}
