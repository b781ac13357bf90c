package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Selections by a mask, whose size depends on its values: the most there can be is planned ({@link
 * PaperEngine#bounded}).
 */
final class MaskSelection {
  static final String BOUND = "all that its mask has";

  /** {@code at::internal::GRAIN_SIZE}: fewer elements are left to one thread. */
  private static final long GRAIN = 32768;

  private MaskSelection() {}

  static void register(Registry ops) {
    ops.add("masked_select(Tensor self, Tensor mask)", MaskSelection::select);
    ops.add("masked_scatter(Tensor self, Tensor mask, Tensor source)", MaskSelection::scatter);
    ops.add("masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source)", MaskSelection::scatter);
    ops.add(
        "nonzero(Tensor self)",
        (p, a) -> {
          p.bounded("every place of its input");
          return List.of(Indexed.places(p, a.tensor(0)));
        });
  }

  /**
   * Values of the source, in a row, wherever the mask is true. Backward takes them out again and
   * fills what was not used with zeros. Planned is that all that fits is used.
   */
  private static List<PaperTensor> scatter(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType source = a.tensor(2).type();
    TensorType mask = a.tensor(1).type();
    TensorType result =
        TensorType.of(self.type().dtype(), Layout.broadcast(self.type().shape(), mask.shape()));
    GradNode fn =
        p.record(
            "MaskedScatterBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor forSelf = n.needs(0) ? e.empty(Layout.like(grad)) : null;
              PaperTensor forSource = null;
              if (n.needs(1)) {
                long used = Math.min(source.elements(), result.elements());
                PaperTensor taken = chosen(e, grad.type(), mask, used);
                long rest = source.elements() - used;
                if (rest > 0) {
                  PaperTensor zeros = e.empty(grad.type().dtype(), rest);
                  PaperTensor all = e.empty(grad.type().dtype(), source.elements());
                  e.release(zeros);
                  e.release(taken);
                  taken = all;
                }
                forSource = e.view(taken, TensorType.of(grad.type().dtype(), source.shape()));
                e.release(taken);
              }
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            a.tensor(2));
    p.save(fn, a.tensor(1));
    PaperTensor written =
        Indexing.inPlace(a.op()) ? p.rewrite(fn, self) : p.attach(fn, p.empty(result));
    if (p.backend().isCuda()) {
      // How many were used before each place.
      p.releaseIfAny(p.scratch(DType.INT64, result.elements()));
    }
    return List.of(written);
  }

  /** Keeps input and mask. */
  private static List<PaperTensor> select(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "MaskedSelectBackward0",
            1,
            (e, n, g) -> {
              PaperTensor result = e.empty(Layout.like(n.saved(1)));
              e.release(Views.contiguous(e, given(g)));
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, a.tensor(1));
    p.save(fn, self);
    TensorType mask = a.tensor(1).type();
    return List.of(p.attach(fn, chosen(p, type, mask)));
  }

  /**
   * On the CPU the mask's places are counted first; more than one thread, or what has gaps, needs
   * their running sum too.
   */
  static PaperTensor chosen(PaperEngine p, TensorType from, TensorType mask) {
    List<Long> shape = Layout.broadcast(from.shape(), mask.shape());
    return chosen(p, from, mask, TensorType.of(DType.INT64, shape).elements());
  }

  private static PaperTensor chosen(PaperEngine p, TensorType from, TensorType mask, long count) {
    TensorType wide = TensorType.of(DType.INT64, Layout.broadcast(from.shape(), mask.shape()));
    p.bounded(BOUND);
    if (p.backend().isCuda()) {
      // Indexing with the mask: the places of what it has, then what lies there.
      PaperTensor places = p.empty(DType.INT64, wide.rank(), count);
      PaperTensor chosen = p.empty(from.dtype(), count);
      p.release(places);
      return chosen;
    }
    PaperTensor total = p.empty(DType.INT64);
    p.release(p.empty(wide));
    p.release(total);
    PaperTensor result = p.empty(from.dtype(), count);
    boolean dense = from.isContiguous() && mask.isContiguous() && from.shape().equals(mask.shape());
    if (!dense || (wide.elements() >= GRAIN && p.backend().threads() > 1)) {
      PaperTensor whole = p.empty(wide);
      p.release(p.empty(wide));
      p.release(whole);
    }
    return result;
  }
}
