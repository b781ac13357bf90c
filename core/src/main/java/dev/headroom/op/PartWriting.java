package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a tensor in which a part is another: what writing {@code x[:, 1:3] = y} becomes without
 * in-place calls. Keeps nothing; what was overwritten gets zeros, the part a view of the gradient.
 */
final class PartWriting {
  private PartWriting() {}

  static void register(Registry ops) {
    ops.add(
        "slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None,"
            + " SymInt step=1)",
        (p, a) -> List.of(written(p, a, (e, g) -> slice(e, g, a))));
    ops.add(
        "select_scatter(Tensor self, Tensor src, int dim, SymInt index)",
        (p, a) -> List.of(written(p, a, (e, g) -> Views.select(e, g, a.integer(2)))));
  }

  /** Takes the part out of a gradient, as a view. */
  interface Part {
    PaperTensor of(PaperEngine engine, PaperTensor grad);
  }

  private static PaperTensor slice(PaperEngine e, PaperTensor grad, Args a) {
    List<@Nullable Object> args = new ArrayList<>();
    args.add(grad);
    args.add(a.integer(2));
    args.add(a.has(3) ? a.value(3) : null);
    args.add(a.has(4) ? a.value(4) : null);
    args.add(a.integer(5));
    return e.call("aten.slice.Tensor", args.toArray()).getFirst();
  }

  static PaperTensor written(PaperEngine p, Args a, Part part) {
    PaperTensor self = a.tensor(0);
    TensorType source = a.tensor(1).type();
    GradNode fn =
        p.record(
            "PartScatterBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forSelf = null;
              if (n.needs(0)) {
                PaperTensor zeros = e.empty(TensorType.of(source.dtype(), source.shape()));
                forSelf = e.empty(Layout.like(given(g)));
                e.release(zeros);
              }
              return new @Nullable PaperTensor[] {
                forSelf, n.needs(1) ? part.of(e, given(g)) : null
              };
            },
            self,
            a.tensor(1));
    return p.attach(fn, p.empty(Layout.like(self)));
  }
}
