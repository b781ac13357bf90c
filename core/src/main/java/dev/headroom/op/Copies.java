package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Copies: {@code clone} and the forms of {@code to}; a cast that changes nothing is no copy. */
final class Copies {
  private Copies() {}

  static void register(Registry ops) {
    ops.add(
        "clone(Tensor self, *, MemoryFormat? memory_format=None)",
        (p, a) -> List.of(clone(p, a.tensor(0), clonedType(a))));
    String flags = "bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None";
    ops.add(
        "to.dtype(Tensor self, ScalarType dtype, " + flags + ")",
        (p, a) -> List.of(to(p, a.tensor(0), a.dtype(1), a.bool(3))));
    ops.add(
        "to.device(Tensor self, Device device, ScalarType dtype, " + flags + ")",
        (p, a) -> List.of(to(p, a.tensor(0), a.dtype(2), a.bool(4))));
    ops.add(
        "to.dtype_layout(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device?"
            + " device=None, bool? pin_memory=None, "
            + flags
            + ")",
        (p, a) -> List.of(to(p, a.tensor(0), a.dtype(1), a.bool(6))));
    ops.add(
        "to.other(Tensor self, Tensor other, " + flags + ")",
        (p, a) -> List.of(to(p, a.tensor(0), a.tensor(1).type().dtype(), a.bool(3))));
    ops.add(
        "_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None,"
            + " bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None)",
        (p, a) -> List.of(to(p, a.tensor(0), a.dtype(1), true)));
    ops.add(
        "type_as(Tensor self, Tensor other)",
        (p, a) -> List.of(to(p, a.tensor(0), a.tensor(1).type().dtype(), false)));
  }

  private static TensorType clonedType(Args a) {
    TensorType type = a.tensor(0).type();
    return a.has(1) && a.value(1) == MemoryFormat.CONTIGUOUS
        ? Layout.contiguous(type)
        : Layout.like(type);
  }

  /** A copy with a layout. */
  static PaperTensor clone(PaperEngine p, PaperTensor self, TensorType type) {
    GradNode fn =
        p.record("CloneBackward0", 1, (e, n, g) -> new PaperTensor[] {e.retain(given(g))}, self);
    return p.attach(fn, p.empty(type));
  }

  static PaperTensor to(
      PaperEngine p, PaperTensor self, @Nullable DType dtype, boolean alwaysCopy) {
    DType target = dtype == null ? self.type().dtype() : dtype;
    return target == self.type().dtype() && !alwaysCopy
        ? p.retain(self)
        : Gradients.cast(p, self, target);
  }
}
