package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LSTM and GRU on CUDA: one call of cuDNN for all layers and steps ({@code
 * aten/src/ATen/native/cudnn/RNN.cpp}). Keeps input, initial state, weights and the result. What
 * cuDNN itself keeps for backward is {@link CudnnReserve}; its workspace, which dies with the call,
 * is left out: only cuDNN knows its size.
 */
final class CudnnRnn {
  private CudnnRnn() {}

  /**
   * @param hidden initial h, and c of an LSTM, (layers x directions, B, width)
   * @param weights of all layers and directions, flat
   */
  static List<PaperTensor> run(
      PaperEngine p,
      PaperTensor input,
      List<PaperTensor> hidden,
      List<PaperTensor> weights,
      boolean bidirectional,
      boolean batchFirst) {
    PaperTensor h = hidden.get(0);
    List<PaperTensor> all = new ArrayList<>(List.of(input));
    all.addAll(hidden);
    all.addAll(weights);
    TensorType in = input.type();
    GradNode fn =
        p.record(
            "CudnnRnnBackward0",
            1 + hidden.size(),
            (e, n, g) -> backward(e, n, g, in, h.type(), weights, batchFirst),
            all.toArray(new PaperTensor[0]));
    all.subList(0, 1 + hidden.size()).reversed().forEach(t -> p.save(fn, t));
    weights.forEach(w -> p.save(fn, w));
    TensorType steps = batchFirst ? in.transpose(0, 1) : in;
    for (PaperTensor weight : weights) {
      if (weight.type().rank() == 2) {
        p.multiplies(steps.size(0), steps.size(1), weight.type().elements());
      }
    }
    long width = h.type().size(2) * (bidirectional ? 2 : 1);
    PaperTensor dense = copy(p, steps);
    PaperTensor output = p.empty(in.dtype(), steps.size(0), steps.size(1), width);
    List<PaperTensor> last = new ArrayList<>();
    for (PaperTensor state : hidden) {
      last.add(p.empty(TensorType.of(in.dtype(), state.type().shape())));
    }
    p.releaseIfAny(dense);
    p.save(fn, output);
    CudnnReserve.keep(p, fn, steps, h.type());
    List<PaperTensor> results = new ArrayList<>();
    results.add(p.attach(fn, ordered(p, output, batchFirst), 0));
    for (int i = 0; i < last.size(); i++) {
      results.add(p.attach(fn, last.get(i), i + 1));
    }
    return results;
  }

  private static @Nullable PaperTensor[] backward(
      PaperEngine p,
      GradNode n,
      @Nullable PaperTensor[] grads,
      TensorType in,
      TensorType state,
      List<PaperTensor> weights,
      boolean batchFirst) {
    PaperTensor grad = grads[0];
    int states = grads.length - 1;
    int first = 1 + states;
    List<PaperTensor> zeros = new ArrayList<>();
    for (int i = 1; i <= states; i++) {
      // Gradients that nobody sent are zeros.
      PaperTensor zero = grads[i] == null ? p.scratch(in.dtype(), state.elements()) : null;
      if (zero != null) {
        zeros.add(zero);
      }
    }
    PaperTensor denseInput = copy(p, batchFirst ? in.transpose(0, 1) : in);
    PaperTensor denseGrad =
        grad == null ? null : copy(p, batchFirst ? grad.type().transpose(0, 1) : grad.type());
    @Nullable PaperTensor[] out = new PaperTensor[first + weights.size()];
    PaperTensor forInput =
        p.empty(TensorType.of(in.dtype(), (batchFirst ? in.transpose(0, 1) : in).shape()));
    for (int i = 1; i <= states; i++) {
      out[i] = p.empty(TensorType.of(in.dtype(), state.shape()));
    }
    p.releaseIfAny(denseGrad);
    p.releaseIfAny(denseInput);
    for (int i = 0; i < weights.size(); i++) {
      TensorType weight = weights.get(i).type();
      out[first + i] =
          n.needs(first + i) ? p.empty(TensorType.of(weight.dtype(), weight.shape())) : null;
    }
    zeros.reversed().forEach(p::release);
    out[0] = ordered(p, forInput, batchFirst);
    for (int i = 0; i < first; i++) {
      if (!n.needs(i)) {
        p.releaseIfAny(out[i]);
        out[i] = null;
      }
    }
    return out;
  }

  /** A copy in the order that cuDNN reads, step after step, unless it lies so already. */
  private static @Nullable PaperTensor copy(PaperEngine p, TensorType steps) {
    return steps.isContiguous() ? null : p.scratch(steps.dtype(), steps.elements());
  }

  private static PaperTensor ordered(PaperEngine p, PaperTensor owned, boolean batchFirst) {
    if (!batchFirst) {
      return owned;
    }
    PaperTensor view = p.alias(owned, owned.type().transpose(0, 1));
    p.release(owned);
    return view;
  }
}
