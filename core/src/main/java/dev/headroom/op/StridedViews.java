package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Views by strides of one's own. The gradient is written into as much memory as the input had
 * ({@code as_strided_backward}), which is possible where no place of it is looked at twice.
 */
final class StridedViews {
  private StridedViews() {}

  static void register(Registry ops) {
    ops.add(
        "as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None)",
        StridedViews::view);
  }

  private static List<PaperTensor> view(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    TensorType out = new TensorType(in.dtype(), a.integers(1), a.integers(2));
    long offset = a.integer(3, 0);
    if (p.records(a.tensor(0)) && (overlaps(in) || overlaps(out))) {
      throw new UnsupportedOperatorException(
          a.op(), "of " + in + " as " + out + ", which looks at some places twice,");
    }
    long places = Math.max(span(in), offset + span(out));
    return List.of(
        Views.make(
            p,
            "AsStridedBackward0",
            a.tensor(0),
            out,
            (e, n, g) -> {
              PaperTensor storage = e.empty(given(g).type().dtype(), places);
              PaperTensor grad = e.view(storage, in.withDType(given(g).type().dtype()));
              e.release(storage);
              return new PaperTensor[] {grad};
            }));
  }

  /** How many places there are from the first that a tensor looks at to the last. */
  private static long span(TensorType type) {
    long last = 0;
    for (int i = 0; i < type.rank(); i++) {
      last += (type.size(i) - 1) * type.strides().get(i);
    }
    return type.elements() == 0 ? 0 : last + 1;
  }

  /** {@code _maybe_overlapping_memory}. */
  private static boolean overlaps(TensorType type) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < type.rank(); i++) {
      if (type.size(i) > 1) {
        order.add(i);
      }
    }
    order.sort(Comparator.comparing(type.strides()::get));
    long last = 0;
    for (int dim : order) {
      if (type.strides().get(dim) <= last) {
        return true;
      }
      last += type.strides().get(dim) * (type.size(dim) - 1);
    }
    return false;
  }
}
