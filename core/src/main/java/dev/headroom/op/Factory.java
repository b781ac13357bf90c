package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;

/** New tensors. */
final class Factory {
  static final String OPTIONS =
      "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";

  private Factory() {}

  static void register(Registry ops) {
    String format = ", MemoryFormat? memory_format=None)";
    for (String name : List.of("zeros_like", "ones_like", "empty_like")) {
      ops.add(name + "(Tensor self, *, " + OPTIONS + format, (p, a) -> like(p, a, 1));
    }
    ops.add(
        "full_like(Tensor self, Scalar fill_value, *, " + OPTIONS + format,
        (p, a) -> like(p, a, 2));
    ops.add("zeros(SymInt[] size, *, " + OPTIONS + ")", Factory::create);
    ops.add("ones(SymInt[] size, *, " + OPTIONS + ")", Factory::create);
    ops.add("empty.memory_format(SymInt[] size, *, " + OPTIONS + format, Factory::create);
    ops.add("arange(Scalar end, *, " + OPTIONS + ")", (p, a) -> arange(p, a, -1, 0, -1, 1));
    ops.add(
        "arange.start(Scalar start, Scalar end, *, " + OPTIONS + ")",
        (p, a) -> arange(p, a, 0, 1, -1, 2));
    ops.add(
        "arange.start_step(Scalar start, Scalar end, Scalar step=1, *, " + OPTIONS + ")",
        (p, a) -> arange(p, a, 0, 1, 2, 3));
  }

  private static List<PaperTensor> like(PaperEngine p, Args a, int dtypeIndex) {
    DType given = a.dtype(dtypeIndex);
    TensorType type = Layout.like(a.tensor(0));
    return List.of(p.empty(given == null ? type : type.withDType(given)));
  }

  private static List<PaperTensor> create(PaperEngine p, Args a) {
    DType given = a.dtype(1);
    return List.of(p.empty(TensorType.of(given == null ? DType.FLOAT32 : given, a.integers(0))));
  }

  /** Whole numbers give int64 unless a type is named. */
  private static List<PaperTensor> arange(
      PaperEngine p, Args a, int start, int end, int step, int dtypeIndex) {
    double from = start < 0 ? 0 : a.number(start);
    double by = step < 0 ? 1 : a.number(step);
    boolean whole =
        a.value(end) instanceof Long
            && (start < 0 || a.value(start) instanceof Long)
            && (step < 0 || a.value(step) instanceof Long);
    DType given = a.dtype(dtypeIndex);
    DType dtype = given != null ? given : whole ? DType.INT64 : DType.FLOAT32;
    long size = (long) Math.ceil((a.number(end) - from) / by);
    return List.of(p.empty(dtype, Math.max(0, size)));
  }
}
