package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Element by element: activations and arithmetic. On the CPU a number beside a tensor is wrapped
 * into 8 bytes (float64 or int64), and TensorIterator casts it to the common type, a second small
 * allocation, before the result is made.
 */
final class Elementwise {
  private Elementwise() {}

  static void register(Registry ops) {
    ops.add("relu(Tensor self)", Elementwise::relu);
    ops.add("div.Tensor(Tensor self, Tensor other)", Elementwise::div);
    ops.add("sqrt(Tensor self)", (p, a) -> List.of(p.empty(like(a.tensor(0)))));
    ops.add("add_.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)", Elementwise::inPlace);
    ops.add("mul_.Tensor(Tensor self, Tensor other)", Elementwise::inPlace);
    ops.add("div_.Tensor(Tensor self, Tensor other)", Elementwise::inPlace);
    Rule nothing = (p, a) -> List.of(p.retain(a.tensor(0)));
    ops.add("lerp_.Scalar(Tensor self, Tensor end, Scalar weight)", nothing);
    ops.add("addcmul_(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", nothing);
    ops.add("addcdiv_(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", nothing);
  }

  /** Dense result of an element-wise call: the strides of a contiguous input are kept. */
  static TensorType like(PaperTensor t) {
    return TensorType.of(t.type().dtype(), t.type().shape());
  }

  /** {@code relu} saves its result; {@code threshold_backward} makes a new gradient. */
  private static List<PaperTensor> relu(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "ReluBackward0", 1, (e, n, g) -> new PaperTensor[] {e.empty(like(given(g)))}, self);
    PaperTensor result = p.empty(like(self));
    p.save(fn, result);
    return List.of(p.attach(fn, result));
  }

  /** In place: nothing but the wrapped number and its cast. */
  private static List<PaperTensor> inPlace(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    if (a.isNumber(1)) {
      wrapAndCast(p, self.type().dtype());
    }
    return List.of(p.retain(self));
  }

  /** A wrapped number comes, is cast, and both go. */
  static void wrapAndCast(PaperEngine p, DType common) {
    PaperTensor wrapped = p.empty(DType.FLOAT64);
    if (common != DType.FLOAT64) {
      p.release(p.empty(common));
    }
    p.release(wrapped);
  }

  /** {@code div} by a number saves the wrapped number; by a tensor, both sides as needed. */
  private static List<PaperTensor> div(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    DType dtype = self.type().dtype();
    if (!a.isNumber(1)) {
      throw new IllegalArgumentException("aten.div.Tensor: the divisor must be a number");
    }
    PaperTensor other = p.empty(DType.FLOAT64);
    GradNode fn =
        p.record(
            "DivBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {castAndCompute(e, given(g), dtype)},
            self);
    p.saveNumber(fn, other);
    PaperTensor result = castAndCompute(p, self, dtype);
    p.release(other);
    return List.of(p.attach(fn, result));
  }

  private static PaperTensor castAndCompute(PaperEngine p, PaperTensor like, DType common) {
    @Nullable PaperTensor cast = common == DType.FLOAT64 ? null : p.empty(common);
    PaperTensor result = p.empty(like(like));
    if (cast != null) {
      p.release(cast);
    }
    return result;
  }

  /** The gradient of a single result. */
  static PaperTensor given(@Nullable PaperTensor[] grads) {
    PaperTensor grad = grads[0];
    if (grad == null) {
      throw new IllegalStateException("a node ran without its gradient");
    }
    return grad;
  }
}
