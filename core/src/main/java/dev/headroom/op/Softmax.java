package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;

/**
 * softmax and log_softmax: both keep their result; backward makes one gradient, after copying an
 * incoming one that is not contiguous.
 */
final class Softmax {
  private Softmax() {}

  static void register(Registry ops) {
    for (String name : List.of("softmax", "log_softmax")) {
      ops.add("_" + name + "(Tensor self, int dim, bool half_to_float)", Softmax::plain);
    }
  }

  private static List<PaperTensor> plain(PaperEngine p, Args a) {
    return List.of(softmax(p, a.tensor(0)));
  }

  static PaperTensor softmax(PaperEngine p, PaperTensor self) {
    GradNode fn =
        p.record(
            "SoftmaxBackward0",
            1,
            (e, n, g) -> {
              TensorType type = TensorType.of(n.saved(0).type().dtype(), n.saved(0).type().shape());
              PaperTensor grad = e.empty(type);
              Formula f = new Formula(e);
              f.contiguous(given(g));
              f.contiguous(n.saved(0));
              return new PaperTensor[] {f.value(f.keep(grad))};
            },
            self);
    PaperTensor result = p.empty(TensorType.of(self.type().dtype(), self.type().shape()));
    if (!self.type().isContiguous()) {
      p.release(p.empty(Layout.contiguous(self.type())));
    }
    p.save(fn, result);
    return p.attach(fn, result);
  }
}
