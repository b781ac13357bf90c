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

/** Sums and means of what is a number, and counts of what is not 0. */
final class NanReductions {
  private NanReductions() {}

  static void register(Registry ops) {
    String options =
        "(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)";
    ops.add("nansum" + options, (p, a) -> List.of(sum(p, a.tensor(0), dims(a), a.bool(2))));
    ops.add("nanmean" + options, NanReductions::mean);
    ops.add(
        "count_nonzero(Tensor self, int? dim=None)",
        (p, a) -> count(p, a, a.has(1) ? List.of(a.integer(1)) : null));
    ops.add(
        "count_nonzero.dim_IntList(Tensor self, int[] dim)", (p, a) -> count(p, a, a.integers(1)));
  }

  private static List<Long> dims(Args a) {
    if (a.dtype(3) != null) {
      throw new UnsupportedOperatorException(a.op(), "with a type for its result");
    }
    return a.has(1) && !a.integers(1).isEmpty() ? a.integers(1) : Reduction.all(a.tensor(0).type());
  }

  /** Keeps the input; the gradient is multiplied by a mask of what is a number. */
  private static PaperTensor sum(
      PaperEngine p, PaperTensor self, List<Long> dims, boolean keepDim) {
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "NansumBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor wide = f.keep(Reduction.expanded(e, given(g), type, dims, keepDim));
              PaperTensor isNan = f.compare(n.saved(0), n.saved(0));
              PaperTensor isNumber = f.keep(e.empty(Layout.like(isNan)));
              return new PaperTensor[] {f.value(f.binary(wide, isNumber))};
            },
            self);
    p.save(fn, self);
    TensorType result = TensorType.of(type.dtype(), Reduction.reduced(type, dims, keepDim));
    return p.attach(fn, p.empty(result));
  }

  /** The sum divided by how many are numbers. */
  private static List<PaperTensor> mean(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    List<Long> dims = dims(a);
    Formula counting = new Formula(p);
    PaperTensor isNumber = counting.compare(self, self);
    PaperTensor count = counting.value(counting.sum(isNumber, dims, a.bool(2)));
    Formula f = new Formula(p);
    PaperTensor sum = f.keep(sum(p, self, dims, a.bool(2)));
    PaperTensor mean = f.value(f.call("aten.div.Tensor", sum, count));
    p.release(count);
    return List.of(mean);
  }

  /** Of everything at once on the CPU by each thread; otherwise a sum of truth values. */
  private static List<PaperTensor> count(PaperEngine p, Args a, @Nullable List<Long> dims) {
    PaperTensor self = a.tensor(0);
    if (dims == null && !p.backend().isCuda()) {
      return List.of(p.empty(DType.INT64));
    }
    Formula f = new Formula(p);
    PaperTensor mask = f.compare(self, 0L);
    List<Long> over = dims == null ? Reduction.all(self.type()) : dims;
    return List.of(f.value(f.sum(mask, over, false)));
  }
}
