package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Windows over a piece of a signal ({@code TensorFactories.cpp}): a row of numbers, turned into the
 * window in place, of which a periodic one leaves out the last.
 */
final class Windows {
  private Windows() {}

  static void register(Registry ops) {
    String options =
        ", *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?"
            + " pin_memory=None)";
    for (String name : List.of("hann_window", "hamming_window")) {
      ops.add(
          name + "(int window_length" + options,
          (p, a) -> List.of(cosine(p, a.integer(0), true, a.dtype(1))));
      ops.add(
          name + ".periodic(int window_length, bool periodic" + options,
          (p, a) -> List.of(cosine(p, a.integer(0), a.bool(1), a.dtype(2))));
    }
  }

  /** {@code alpha - beta * cos(2 * pi * i / (n - 1))}. */
  private static PaperTensor cosine(
      PaperEngine p, long length, boolean periodic, @Nullable DType wanted) {
    DType dtype = wanted == null ? DType.FLOAT32 : wanted;
    if (length <= 1) {
      return p.empty(dtype, length);
    }
    PaperTensor row = p.empty(dtype, periodic ? length + 1 : length);
    for (int i = 0; i < 3; i++) {
      // Times the step, times beta, plus alpha.
      BinaryCrossEntropy.byNumberInPlace(p, row, 0.5);
    }
    PaperTensor window = p.view(row, TensorType.of(dtype, length));
    p.release(row);
    return window;
  }
}
