package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * GRU and plain recurrent layers ({@code aten/src/ATen/native/RNN.cpp}) on the CPU: the whole
 * sequence goes through the input's weights at once, then step after step through the cell.
 */
final class Gated {
  private Gated() {}

  private static final String ARGUMENTS =
      ".input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float"
          + " dropout, bool train, bool bidirectional, bool batch_first)";

  /** One step: the new hidden state from the projected input and the old one. */
  @FunctionalInterface
  private interface Step {
    PaperTensor next(PaperEngine p, PaperTensor input, PaperTensor hidden, Recurrent.Cell cell);
  }

  static void register(Registry ops) {
    ops.add("gru" + ARGUMENTS, (p, a) -> run(p, a, Gated::gru));
    ops.add("rnn_tanh" + ARGUMENTS, (p, a) -> run(p, a, (e, x, h, c) -> plain(e, x, h, c, true)));
    ops.add("rnn_relu" + ARGUMENTS, (p, a) -> run(p, a, (e, x, h, c) -> plain(e, x, h, c, false)));
  }

  private static List<PaperTensor> run(PaperEngine p, Args a, Step step) {
    int directions = a.bool(7) ? 2 : 1;
    int layers = Math.toIntExact(a.integer(4));
    if (p.backend().isCuda()) {
      return CudnnRnn.run(p, a.tensor(0), List.of(a.tensor(1)), a.tensors(2), a.bool(7), a.bool(8));
    }
    List<Recurrent.Cell> cells =
        Recurrent.cells(a.tensors(2), a.bool(3), layers * directions, a.op());
    boolean batchFirst = a.bool(8);
    PaperTensor x = batchFirst ? Views.transpose(p, a.tensor(0), 0, 1) : p.retain(a.tensor(0));
    List<PaperTensor> starts = Joining.unbind(p, a.tensor(1), 0);
    List<PaperTensor> ends = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      List<Sequence> outputs = new ArrayList<>();
      List<PaperTensor> projections = new ArrayList<>();
      for (int direction = 0; direction < directions; direction++) {
        int i = layer * directions + direction;
        boolean backwards = direction == 1;
        // One variable holds the projection of either direction: the first goes when the second is.
        PaperTensor projected = cells.get(i).fromInput(p, x);
        projections.forEach(p::release);
        projections.clear();
        projections.add(projected);
        outputs.add(sequence(p, projected, starts.get(i), cells.get(i), backwards, step, ends));
      }
      PaperTensor joined = joined(p, outputs);
      projections.forEach(p::release);
      p.release(x);
      x = joined;
      if (a.number(5) != 0 && a.bool(6) && layer < layers - 1) {
        PaperTensor dropped = Dropout.dropout(p, x, a.number(5), true);
        p.release(x);
        x = dropped;
      }
    }
    starts.forEach(p::release);
    PaperTensor hidden = Joining.stack(p, ends, 0);
    ends.forEach(p::release);
    if (batchFirst) {
      PaperTensor turned = Views.transpose(p, x, 0, 1);
      p.release(x);
      x = turned;
    }
    return List.of(x, hidden);
  }

  /** The outputs of a direction, each and stacked; all owned. */
  record Sequence(PaperTensor stacked, List<PaperTensor> steps) {}

  /** One direction's outputs, or both side by side; takes them. */
  static PaperTensor joined(PaperEngine p, List<Sequence> directions) {
    PaperTensor joined = directions.getFirst().stacked();
    if (directions.size() == 2) {
      joined = Joining.cat(p, directions.stream().map(Sequence::stacked).toList(), 2);
      for (Sequence direction : directions.reversed()) {
        p.release(direction.stacked());
        direction.steps().forEach(p::release);
      }
    } else {
      directions.getFirst().steps().forEach(p::release);
    }
    return joined;
  }

  private static Sequence sequence(
      PaperEngine p,
      PaperTensor projected,
      PaperTensor start,
      Recurrent.Cell cell,
      boolean backwards,
      Step step,
      List<PaperTensor> ends) {
    List<PaperTensor> inputs = Joining.unbind(p, projected, 0);
    List<PaperTensor> outputs = new ArrayList<>();
    PaperTensor hidden = p.retain(start);
    for (PaperTensor input : backwards ? inputs.reversed() : inputs) {
      PaperTensor next = step.next(p, input, hidden, cell);
      p.release(hidden);
      hidden = next;
      outputs.add(p.retain(hidden));
    }
    PaperTensor result = Joining.stack(p, backwards ? outputs.reversed() : outputs, 0);
    inputs.forEach(p::release);
    ends.add(hidden);
    return new Sequence(result, outputs);
  }

  static List<PaperTensor> thirds(PaperEngine p, PaperTensor gates) {
    return Joining.split(p, gates, gates.type().size(1) / 3, 1, "UnsafeSplitBackward0", false);
  }

  private static PaperTensor gru(
      PaperEngine p, PaperTensor input, PaperTensor hidden, Recurrent.Cell cell) {
    return gru(p, thirds(p, input), hidden, cell);
  }

  /**
   * Reset and input gates in place; the new state as {@code (hidden - new) * input + new}; takes
   * the input's parts.
   */
  static PaperTensor gru(
      PaperEngine p, List<PaperTensor> fromInput, PaperTensor hidden, Recurrent.Cell cell) {
    PaperTensor projected = cell.fromHidden(p, hidden);
    List<PaperTensor> fromHidden = thirds(p, projected);
    p.release(projected);
    PaperTensor reset = gate(p, fromHidden.get(0), fromInput.get(0));
    PaperTensor update = gate(p, fromHidden.get(1), fromInput.get(1));
    PaperTensor scaled = Arithmetic.mulInPlace(p, fromHidden.get(2), reset);
    PaperTensor sum = Arithmetic.add(p, fromInput.get(2), scaled, 1);
    p.release(scaled);
    PaperTensor fresh = Unary.inPlaceByResult(p, "aten.tanh_.default", sum);
    p.release(sum);
    PaperTensor result = Arithmetic.sub(p, hidden, fresh, 1);
    p.release(Arithmetic.mulInPlace(p, result, update));
    p.release(Arithmetic.addInPlace(p, result, fresh, 1));
    p.release(fresh);
    p.release(update);
    p.release(reset);
    fromHidden.forEach(p::release);
    fromInput.forEach(p::release);
    return result;
  }

  private static PaperTensor gate(PaperEngine p, PaperTensor hidden, PaperTensor input) {
    p.release(Arithmetic.addInPlace(p, hidden, input, 1));
    return Unary.inPlaceByResult(p, "aten.sigmoid_.default", hidden);
  }

  private static PaperTensor plain(
      PaperEngine p, PaperTensor input, PaperTensor hidden, Recurrent.Cell cell, boolean tanh) {
    PaperTensor sum = cell.fromHidden(p, hidden);
    p.release(Arithmetic.addInPlace(p, sum, input, 1));
    PaperTensor result = activated(p, sum, tanh);
    p.release(sum);
    return result;
  }

  static PaperTensor activated(PaperEngine p, PaperTensor sum, boolean tanh) {
    return tanh ? Unary.byResult(p, "aten.tanh.default", sum) : Activations.relu(p, sum);
  }
}
