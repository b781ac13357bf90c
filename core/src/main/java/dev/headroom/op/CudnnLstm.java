package dev.headroom.op;

import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LSTM on CUDA: one call of cuDNN for all layers and steps ({@code
 * aten/src/ATen/native/cudnn/RNN.cpp}). Keeps input, initial state, weights and the result. What
 * cuDNN itself keeps for backward (its reserve) and takes for the time of a call (its workspace) is
 * left out: only cuDNN knows their sizes.
 */
final class CudnnLstm {
  private CudnnLstm() {}

  /**
   * @param hidden initial h and c, (layers x directions, B, width)
   * @param weights of all layers and directions, flat
   */
  static List<PaperTensor> lstm(
      PaperEngine p,
      PaperTensor input,
      List<PaperTensor> hidden,
      List<PaperTensor> weights,
      boolean bidirectional,
      boolean batchFirst) {
    PaperTensor h = hidden.get(0);
    PaperTensor c = hidden.get(1);
    List<PaperTensor> all = new ArrayList<>(List.of(input, h, c));
    all.addAll(weights);
    TensorType in = input.type();
    GradNode fn =
        p.record(
            "CudnnRnnBackward0",
            3,
            (e, n, g) -> backward(e, n, g, in, h.type(), weights, batchFirst),
            all.toArray(new PaperTensor[0]));
    for (PaperTensor saved : List.of(c, h, input)) {
      p.save(fn, saved);
    }
    weights.forEach(w -> p.save(fn, w));
    TensorType steps = batchFirst ? in.transpose(0, 1) : in;
    long width = h.type().size(2) * (bidirectional ? 2 : 1);
    PaperTensor dense = copy(p, steps);
    PaperTensor output = p.empty(in.dtype(), steps.size(0), steps.size(1), width);
    PaperTensor lastH = p.empty(TensorType.of(in.dtype(), h.type().shape()));
    PaperTensor lastC = p.empty(TensorType.of(in.dtype(), c.type().shape()));
    p.releaseIfAny(dense);
    p.save(fn, output);
    PaperTensor result = ordered(p, output, batchFirst);
    return List.of(p.attach(fn, result, 0), p.attach(fn, lastH, 1), p.attach(fn, lastC, 2));
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
    // Gradients that nobody sent are zeros.
    PaperTensor zeroH = grads[1] == null ? p.scratch(in.dtype(), state.elements()) : null;
    PaperTensor zeroC = grads[2] == null ? p.scratch(in.dtype(), state.elements()) : null;
    PaperTensor denseInput = copy(p, batchFirst ? in.transpose(0, 1) : in);
    PaperTensor denseGrad =
        grad == null ? null : copy(p, batchFirst ? grad.type().transpose(0, 1) : grad.type());
    PaperTensor forInput =
        p.empty(TensorType.of(in.dtype(), (batchFirst ? in.transpose(0, 1) : in).shape()));
    PaperTensor forH = p.empty(TensorType.of(in.dtype(), state.shape()));
    PaperTensor forC = p.empty(TensorType.of(in.dtype(), state.shape()));
    p.releaseIfAny(denseGrad);
    p.releaseIfAny(denseInput);
    @Nullable PaperTensor[] out = new PaperTensor[3 + weights.size()];
    for (int i = 0; i < weights.size(); i++) {
      TensorType weight = weights.get(i).type();
      out[3 + i] = n.needs(3 + i) ? p.empty(TensorType.of(weight.dtype(), weight.shape())) : null;
    }
    p.releaseIfAny(zeroC);
    p.releaseIfAny(zeroH);
    out[0] = ordered(p, forInput, batchFirst);
    out[1] = forH;
    out[2] = forC;
    for (int i = 0; i < 3; i++) {
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
