package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of a recurrent cell in one kernel ({@code cuda/RNN.cu}): two products without bias, then
 * all gates at once. Keeps both products, the biases, the state, and a workspace.
 */
final class CudaCells {
  /** A GRU's workspace: three gates, the old state, and the new gate's part of it. */
  private static final long GRU_WORKSPACE = 5;

  private CudaCells() {}

  /**
   * @param state h and c, (B, H)
   */
  static List<PaperTensor> lstm(
      PaperEngine p, PaperTensor x, List<PaperTensor> state, Recurrent.Cell cell) {
    PaperTensor c = state.get(1);
    PaperTensor fromInput = Linear.linear(p, x, cell.inputWeight(), null);
    PaperTensor fromHidden = Linear.linear(p, state.getFirst(), cell.hiddenWeight(), null);
    TensorType gates = fromInput.type();
    PaperTensor inputBias = cell.inputBias();
    PaperTensor hiddenBias = cell.hiddenBias();
    GradNode fn =
        p.record(
            "ThnnFusedLstmCellBackward0",
            2,
            (e, n, g) -> {
              PaperTensor forGates = e.empty(Layout.contiguous(gates));
              PaperTensor forState = e.empty(Layout.contiguous(c.type()));
              PaperTensor forBias = bias(e, inputBias);
              return new @Nullable PaperTensor[] {
                forGates, e.retain(forGates), forState, forBias, twice(e, forBias)
              };
            },
            fromInput,
            fromHidden,
            c,
            inputBias,
            hiddenBias);
    p.save(fn, c);
    keepGates(p, fn, fromHidden, fromInput, hiddenBias, inputBias);
    PaperTensor newH = p.empty(Layout.contiguous(c.type()));
    PaperTensor newC = p.empty(Layout.contiguous(c.type()));
    PaperTensor workspace = p.empty(Layout.contiguous(gates));
    p.save(fn, newC);
    p.save(fn, workspace);
    p.release(workspace);
    p.release(fromHidden);
    p.release(fromInput);
    return List.of(p.attach(fn, newH, 0), p.attach(fn, newC, 1));
  }

  static PaperTensor gru(PaperEngine p, PaperTensor x, PaperTensor h, Recurrent.Cell cell) {
    PaperTensor fromInput = Linear.linear(p, x, cell.inputWeight(), null);
    PaperTensor fromHidden = Linear.linear(p, h, cell.hiddenWeight(), null);
    TensorType gates = fromInput.type();
    DType dtype = h.type().dtype();
    PaperTensor inputBias = cell.inputBias();
    PaperTensor hiddenBias = cell.hiddenBias();
    GradNode fn =
        p.record(
            "ThnnFusedGruCellBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forInput = e.empty(Layout.contiguous(gates));
              PaperTensor forHidden = e.empty(Layout.contiguous(gates));
              PaperTensor forState = e.empty(Layout.contiguous(h.type()));
              return new @Nullable PaperTensor[] {
                forInput, forHidden, forState, bias(e, inputBias), bias(e, hiddenBias)
              };
            },
            fromInput,
            fromHidden,
            h,
            inputBias,
            hiddenBias);
    keepGates(p, fn, fromHidden, fromInput, hiddenBias, inputBias);
    p.save(fn, h);
    PaperTensor workspace = p.empty(dtype, h.type().size(0), GRU_WORKSPACE * h.type().size(1));
    PaperTensor next = p.empty(Layout.contiguous(h.type()));
    p.save(fn, workspace);
    p.release(workspace);
    p.release(fromHidden);
    p.release(fromInput);
    return p.attach(fn, next);
  }

  private static void keepGates(
      PaperEngine p,
      @Nullable GradNode fn,
      PaperTensor fromHidden,
      PaperTensor fromInput,
      @Nullable PaperTensor hiddenBias,
      @Nullable PaperTensor inputBias) {
    p.save(fn, hiddenBias);
    p.save(fn, fromHidden);
    p.save(fn, inputBias);
    p.save(fn, fromInput);
  }

  private static @Nullable PaperTensor bias(PaperEngine p, @Nullable PaperTensor bias) {
    return bias == null ? null : p.empty(Layout.contiguous(bias.type()));
  }

  private static @Nullable PaperTensor twice(PaperEngine p, @Nullable PaperTensor bias) {
    return bias == null ? null : p.retain(bias);
  }
}
