package dev.headroom.op;

import static dev.headroom.op.Elementwise.like;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;

/** New tensors. */
final class Factory {
  private Factory() {}

  static void register(Registry ops) {
    String options =
        "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";
    Rule like = (p, a) -> List.of(p.empty(like(a.tensor(0))));
    ops.add("zeros_like(Tensor self, *, " + options + ", MemoryFormat? memory_format=None)", like);
    ops.add("empty_like(Tensor self, *, " + options + ", MemoryFormat? memory_format=None)", like);
    ops.add(
        "full_like(Tensor self, Scalar fill_value, *, "
            + options
            + ", MemoryFormat? memory_format=None)",
        like);
    ops.add("clone(Tensor self, *, MemoryFormat? memory_format=None)", like);
    Rule create = (p, a) -> List.of(p.empty(TensorType.of(DType.FLOAT32, a.integers(0))));
    ops.add("zeros(SymInt[] size, *, " + options + ")", create);
    ops.add("ones(SymInt[] size, *, " + options + ")", create);
  }
}
