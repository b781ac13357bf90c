package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LSTM without oneDNN ({@code aten/src/ATen/native/RNN.cpp}): the whole sequence goes through the
 * input's weights at once, then step after step through the cell. oneDNN keeps a workspace whose
 * size only it knows, so there is no rule for it; CUDA's is in {@link CudnnRnn}.
 */
final class Recurrent {
  private Recurrent() {}

  static void register(Registry ops) {
    ops.add(
        "lstm.input(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers,"
            + " float dropout, bool train, bool bidirectional, bool batch_first)",
        Recurrent::lstm);
  }

  /** The state between two steps. */
  record Hidden(PaperTensor h, PaperTensor c) {}

  /** Weights of one direction of one layer. */
  record Cell(
      PaperTensor inputWeight,
      PaperTensor hiddenWeight,
      @Nullable PaperTensor inputBias,
      @Nullable PaperTensor hiddenBias,
      @Nullable PaperTensor projection) {
    PaperTensor fromInput(PaperEngine p, PaperTensor x) {
      return linear(p, x, inputWeight, inputBias);
    }

    PaperTensor fromHidden(PaperEngine p, PaperTensor h) {
      return linear(p, h, hiddenWeight, hiddenBias);
    }

    /** A call of its own: autocast on the CPU has a policy for it, and none for the layer. */
    private static PaperTensor linear(
        PaperEngine p, PaperTensor x, PaperTensor weight, @Nullable PaperTensor bias) {
      return p.call("aten.linear.default", x, weight, bias).getFirst();
    }
  }

  private static List<PaperTensor> lstm(PaperEngine p, Args a) {
    boolean biases = a.bool(3);
    int directions = a.bool(7) ? 2 : 1;
    int layers = Math.toIntExact(a.integer(4));
    // oneDNN has no layer with a projection, and PyTorch turns to its own.
    boolean projects = a.tensors(2).size() == (biases ? 5 : 3) * layers * directions;
    if (projects && p.backend().isCuda()) {
      throw new UnsupportedOperatorException(a.op(), "with projections on CUDA");
    }
    if (p.backend().onednn() && !projects) {
      throw new UnsupportedOperatorException(
          a.op(),
          "on oneDNN, whose workspace no rule gives: record the ledger, or turn oneDNN off");
    }
    List<Cell> cells = cells(a.tensors(2), biases, layers * directions, a.op());
    boolean batchFirst = a.bool(8);
    if (p.backend().isCuda()) {
      return CudnnRnn.run(p, a.tensor(0), a.tensors(1), a.tensors(2), a.bool(7), batchFirst);
    }
    PaperTensor x = batchFirst ? Views.transpose(p, a.tensor(0), 0, 1) : p.retain(a.tensor(0));
    List<PaperTensor> hs = Joining.unbind(p, a.tensors(1).get(0), 0);
    List<PaperTensor> cs = Joining.unbind(p, a.tensors(1).get(1), 0);
    List<PaperTensor> finalH = new ArrayList<>();
    List<PaperTensor> finalC = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      List<Gated.Sequence> outputs = new ArrayList<>();
      List<PaperTensor> projections = new ArrayList<>();
      for (int direction = 0; direction < directions; direction++) {
        int i = layer * directions + direction;
        Hidden start = new Hidden(hs.get(i), cs.get(i));
        // One variable holds the projection of either direction: the first goes when the second is.
        PaperTensor projected = cells.get(i).fromInput(p, x);
        projections.forEach(p::release);
        projections.clear();
        projections.add(projected);
        outputs.add(direction(p, projected, start, cells.get(i), direction == 1, finalH, finalC));
      }
      PaperTensor joined = Gated.joined(p, outputs);
      projections.forEach(p::release);
      p.release(x);
      x = joined;
      if (a.number(5) != 0 && a.bool(6) && layer < layers - 1) {
        PaperTensor dropped = Dropout.dropout(p, x, a.number(5), true);
        p.release(x);
        x = dropped;
      }
    }
    hs.forEach(p::release);
    cs.forEach(p::release);
    PaperTensor c = Joining.stack(p, finalC, 0);
    PaperTensor h = Joining.stack(p, finalH, 0);
    finalC.forEach(p::release);
    finalH.forEach(p::release);
    if (batchFirst) {
      PaperTensor turned = Views.transpose(p, x, 0, 1);
      p.release(x);
      x = turned;
    }
    return List.of(x, h, c);
  }

  static List<Cell> cells(List<PaperTensor> params, boolean biases, int count, String op) {
    int plain = biases ? 4 : 2;
    int each = params.size() / Math.max(1, count);
    if (params.size() != each * count || each < plain || each > plain + 1) {
      throw new IllegalArgumentException(
          op
              + ": "
              + params.size()
              + " weights for "
              + count
              + " cells, expected "
              + plain * count);
    }
    List<Cell> cells = new ArrayList<>();
    for (int i = 0; i < params.size(); i += each) {
      cells.add(
          new Cell(
              params.get(i),
              params.get(i + 1),
              biases ? params.get(i + 2) : null,
              biases ? params.get(i + 3) : null,
              each > plain ? params.get(i + plain) : null));
    }
    return cells;
  }

  private static Gated.Sequence direction(
      PaperEngine p,
      PaperTensor projected,
      Hidden start,
      Cell cell,
      boolean backwards,
      List<PaperTensor> finalH,
      List<PaperTensor> finalC) {
    List<PaperTensor> steps = Joining.unbind(p, projected, 0);
    List<PaperTensor> outputs = new ArrayList<>();
    Hidden now = new Hidden(p.retain(start.h()), p.retain(start.c()));
    for (PaperTensor step : backwards ? steps.reversed() : steps) {
      Hidden next = step(p, step, now, cell);
      p.release(now.h());
      p.release(now.c());
      now = next;
      outputs.add(p.retain(now.h()));
    }
    PaperTensor result = Joining.stack(p, backwards ? outputs.reversed() : outputs, 0);
    steps.forEach(p::release);
    finalH.add(now.h());
    finalC.add(now.c());
    return new Gated.Sequence(result, outputs);
  }

  private static Hidden step(PaperEngine p, PaperTensor input, Hidden hidden, Cell cell) {
    PaperTensor gates = cell.fromHidden(p, hidden.h());
    p.release(Arithmetic.addInPlace(p, gates, input, 1));
    return gated(p, gates, hidden, cell.projection());
  }

  /** The cell's arithmetic; takes the gates. */
  static Hidden gated(
      PaperEngine p, PaperTensor gates, Hidden hidden, @Nullable PaperTensor projection) {
    long width = gates.type().size(1) / 4;
    List<PaperTensor> parts = Joining.split(p, gates, width, 1, "UnsafeSplitBackward0", false);
    PaperTensor in = Unary.inPlaceByResult(p, "aten.sigmoid_.default", parts.get(0));
    PaperTensor forget = Unary.inPlaceByResult(p, "aten.sigmoid_.default", parts.get(1));
    PaperTensor candidate = Unary.inPlaceByResult(p, "aten.tanh_.default", parts.get(2));
    PaperTensor out = Unary.inPlaceByResult(p, "aten.sigmoid_.default", parts.get(3));
    PaperTensor c = Arithmetic.mul(p, forget, hidden.c());
    PaperTensor added = Arithmetic.mul(p, in, candidate);
    p.release(Arithmetic.addInPlace(p, c, added, 1));
    p.release(added);
    PaperTensor squashed = Unary.byResult(p, "aten.tanh.default", c);
    PaperTensor h = Arithmetic.mul(p, out, squashed);
    p.release(squashed);
    if (projection != null) {
      Formula f = new Formula(p);
      PaperTensor across = f.call("aten.t.default", projection);
      PaperTensor projected = f.value(f.call("aten.matmul.default", h, across));
      p.release(h);
      h = projected;
    }
    List.of(out, candidate, forget, in).forEach(p::release);
    parts.reversed().forEach(p::release);
    p.release(gates);
    return new Hidden(h, c);
  }
}
