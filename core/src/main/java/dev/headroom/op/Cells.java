package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

/**
 * One step of a recurrent network ({@code nn.LSTMCell}, {@code nn.GRUCell}, {@code nn.RNNCell};
 * {@code aten/src/ATen/native/RNN.cpp}) on the CPU; CUDA fuses the gates.
 */
final class Cells {
  private static final String WEIGHTS =
      ", Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None)";

  private Cells() {}

  static void register(Registry ops) {
    ops.add("lstm_cell(Tensor input, Tensor[] hx" + WEIGHTS, Cells::lstm);
    ops.add("gru_cell(Tensor input, Tensor hx" + WEIGHTS, Cells::gru);
    ops.add("rnn_tanh_cell(Tensor input, Tensor hx" + WEIGHTS, (p, a) -> plain(p, a, true));
    ops.add("rnn_relu_cell(Tensor input, Tensor hx" + WEIGHTS, (p, a) -> plain(p, a, false));
  }

  private static Recurrent.Cell cell(Args a) {
    return new Recurrent.Cell(
        a.tensor(2), a.tensor(3), a.optionalTensor(4), a.optionalTensor(5), null);
  }

  private static List<PaperTensor> lstm(PaperEngine p, Args a) {
    Recurrent.Cell cell = cell(a);
    if (p.backend().isCuda()) {
      return CudaCells.lstm(p, a.tensor(0), a.tensors(1), cell);
    }
    Recurrent.Hidden before = new Recurrent.Hidden(a.tensors(1).get(0), a.tensors(1).get(1));
    PaperTensor gates = cell.fromHidden(p, before.h());
    PaperTensor input = cell.fromInput(p, a.tensor(0));
    p.release(Arithmetic.addInPlace(p, gates, input, 1));
    p.release(input);
    Recurrent.Hidden after = Recurrent.gated(p, gates, before, null);
    return List.of(after.h(), after.c());
  }

  private static List<PaperTensor> gru(PaperEngine p, Args a) {
    Recurrent.Cell cell = cell(a);
    if (p.backend().isCuda()) {
      return List.of(CudaCells.gru(p, a.tensor(0), a.tensor(1), cell));
    }
    PaperTensor input = cell.fromInput(p, a.tensor(0));
    List<PaperTensor> parts = Gated.thirds(p, input);
    p.release(input);
    return List.of(Gated.gru(p, parts, a.tensor(1), cell));
  }

  private static List<PaperTensor> plain(PaperEngine p, Args a, boolean tanh) {
    Recurrent.Cell cell = cell(a);
    PaperTensor sum = cell.fromHidden(p, a.tensor(1));
    PaperTensor input = cell.fromInput(p, a.tensor(0));
    p.release(Arithmetic.addInPlace(p, sum, input, 1));
    PaperTensor result = Gated.activated(p, sum, tanh);
    p.release(input);
    p.release(sum);
    return List.of(result);
  }
}
