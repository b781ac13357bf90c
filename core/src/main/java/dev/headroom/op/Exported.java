package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

/** Copies and casts, and what the exporter writes down that needs no memory. */
final class Exported {
  private Exported() {}

  static void register(Registry ops) {
    ops.add("lift_fresh_copy(Tensor self)", Exported::copy);
    ops.add("lift_fresh(Tensor self)", Exported::same);
    ops.add("positive(Tensor self)", Exported::same);
    ops.add("detach_(Tensor(a!) self)", (p, a) -> List.of(p.view(a.tensor(0), a.tensor(0).type())));
    Rule nothing = (p, a) -> List.of();
    ops.add("_assert_async(Tensor self)", nothing);
    ops.add("_assert_async.msg(Tensor self, str assert_msg)", nothing);
    ops.add("_assert_scalar(Scalar self, str assert_msg)", nothing);
    ops.add(
        "_assert_tensor_metadata(Tensor a, SymInt[]? size=None, SymInt[]? stride=None,"
            + " ScalarType? dtype=None, *, Device? device=None, Layout? layout=None)",
        nothing);
    ops.add("sym_constrain_range(Scalar size, *, int? min=None, int? max=None)", nothing);
    ops.add("sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None)", nothing);
  }

  private static List<PaperTensor> same(PaperEngine p, Args a) {
    return List.of(p.retain(a.tensor(0)));
  }

  /** A copy in the same order of dimensions; its gradient passes through. */
  private static List<PaperTensor> copy(PaperEngine p, Args a) {
    return List.of(Copies.clone(p, a.tensor(0), Layout.like(a.tensor(0).type())));
  }
}
