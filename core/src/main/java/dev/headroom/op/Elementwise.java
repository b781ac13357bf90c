package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;

/**
 * Functions of one tensor, element by element. Backward makes one new gradient from the incoming
 * one and what was kept: the result (relu, tanh, sigmoid) or the input (gelu, hardtanh).
 */
final class Elementwise {
  private Elementwise() {}

  static void register(Registry ops) {
    ops.add(
        "hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1)",
        (p, a) -> List.of(byInput(p, "HardtanhBackward0", a.tensor(0))));
    ops.add(
        "hardtanh_(Tensor self, Scalar min_val=-1, Scalar max_val=1)",
        (p, a) -> List.of(inPlaceByInput(p, "HardtanhBackward0", a.tensor(0))));
  }

  /** Dense result of an element-wise call. */
  static TensorType like(PaperTensor t) {
    return Layout.like(t);
  }

  private static GradNode.Backward one() {
    return (e, n, g) ->
        new PaperTensor[] {
          e.empty(Layout.pointwise(given(g).type().dtype(), given(g).type(), n.saved(0).type()))
        };
  }

  /** Keeps the result. */
  static PaperTensor byResult(PaperEngine p, String backward, PaperTensor self) {
    GradNode fn = p.record(backward, 1, one(), self);
    PaperTensor result = p.empty(like(self).withDType(Promotion.floating(self.type().dtype())));
    p.save(fn, result);
    return p.attach(fn, result);
  }

  /** Keeps the input. */
  static PaperTensor byInput(PaperEngine p, String backward, PaperTensor self) {
    GradNode fn = p.record(backward, 1, one(), self);
    p.save(fn, self);
    return p.attach(fn, p.empty(like(self)));
  }

  /** Writes into its input and keeps it, as the result that it is. */
  static PaperTensor inPlace(PaperEngine p, String backward, PaperTensor self) {
    GradNode fn = p.record(backward, 1, one(), self);
    p.save(fn, self);
    return p.rewrite(fn, self);
  }

  /** Writes into its input although backward needs that: a copy of it is kept. */
  static PaperTensor inPlaceByInput(PaperEngine p, String backward, PaperTensor self) {
    GradNode fn = p.record(backward, 1, one(), self);
    if (fn != null) {
      PaperTensor copy = p.empty(like(self));
      p.save(fn, copy);
      p.release(copy);
    }
    return p.rewrite(fn, self);
  }

  /** No gradient flows: a truth value, a rounding. */
  static List<PaperTensor> plain(PaperEngine p, Args a) {
    return List.of(p.empty(like(a.tensor(0))));
  }
}
