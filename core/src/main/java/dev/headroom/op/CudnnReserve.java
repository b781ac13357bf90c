package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * What cuDNN keeps of a recurrent layer for its backward: one block, whose size {@code
 * cudnnGetRNNTempSpaceSizes} alone tells, so that it is left out unless the backend says to take
 * the most for granted. Backward of an LSTM needs, for each step and sample, the four gates, the
 * cell's state and its tanh (Hochreiter and Schmidhuber 1997; Greff et al. 2015, equations of the
 * backward pass); the most that is reckoned with are these six and the gates before their
 * nonlinearity, in single precision. A GRU has fewer gates and no cell state, so that it is
 * reckoned with as much at the most.
 */
final class CudnnReserve {
  /** Values of one LSTM unit at one step, the most of all kinds. */
  private static final long VALUES = 4 + 4 + 1 + 1;

  private CudnnReserve() {}

  /**
   * Keeps it, if it is to be reckoned with.
   *
   * @param fn what keeps it; null where nothing is differentiated, and nothing is kept
   * @param steps input of the layers, (T, B, in) in any order of the first two
   * @param state initial state of all layers and directions, (layers x directions, B, width)
   */
  static void keep(PaperEngine p, @Nullable GradNode fn, TensorType steps, TensorType state) {
    if (fn == null || !p.backend().libraryWorkspaces()) {
      return;
    }
    long cells = Math.multiplyExact(steps.size(0) * steps.size(1), state.size(0) * state.size(2));
    long bytes = Math.multiplyExact(cells, VALUES * DType.FLOAT32.bytes());
    PaperTensor reserve = p.empty(TensorType.of(DType.UINT8, bytes));
    p.save(fn, reserve);
    p.release(reserve);
  }
}
