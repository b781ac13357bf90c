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
    ops.add("relu(Tensor self)", (p, a) -> List.of(byResult(p, "ReluBackward0", a.tensor(0))));
    ops.add("relu_(Tensor self)", (p, a) -> List.of(inPlace(p, "ReluBackward0", a.tensor(0))));
    ops.add("tanh(Tensor self)", (p, a) -> List.of(byResult(p, "TanhBackward0", a.tensor(0))));
    ops.add("tanh_(Tensor self)", (p, a) -> List.of(inPlace(p, "TanhBackward0", a.tensor(0))));
    ops.add(
        "sigmoid(Tensor self)", (p, a) -> List.of(byResult(p, "SigmoidBackward0", a.tensor(0))));
    ops.add(
        "sigmoid_(Tensor self)", (p, a) -> List.of(inPlace(p, "SigmoidBackward0", a.tensor(0))));
    ops.add(
        "gelu(Tensor self, *, str approximate='none')", (p, a) -> List.of(gelu(p, a.tensor(0))));
    ops.add(
        "hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1)",
        (p, a) -> List.of(byInput(p, "HardtanhBackward0", a.tensor(0))));
    ops.add(
        "hardtanh_(Tensor self, Scalar min_val=-1, Scalar max_val=1)",
        (p, a) -> List.of(inPlaceByInput(p, "HardtanhBackward0", a.tensor(0))));
    ops.add("sqrt(Tensor self)", (p, a) -> List.of(byResult(p, "SqrtBackward0", a.tensor(0))));
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

  /** Keeps the input; a gradient that is not dense, as a mean's, is copied meanwhile. */
  private static PaperTensor gelu(PaperEngine p, PaperTensor self) {
    GradNode fn =
        p.record(
            "GeluBackward0",
            1,
            (e, n, g) -> {
              TensorType grad = given(g).type();
              PaperTensor result = e.empty(Layout.pointwise(grad.dtype(), grad, n.saved(0).type()));
              if (!grad.isNonOverlappingAndDense() && !e.backend().isCuda()) {
                e.release(e.empty(Layout.contiguous(grad)));
              }
              return new PaperTensor[] {result};
            },
            self);
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
