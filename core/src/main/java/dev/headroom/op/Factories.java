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

/** New tensors, and filling old ones. */
final class Factories {
  private static final String OPTIONS =
      "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";

  /** The same for factories of whole numbers. */
  private static final String WHOLE = OPTIONS.replace("dtype=None", "dtype=long");

  private Factories() {}

  static void register(Registry ops) {
    String format = ", MemoryFormat? memory_format=None)";
    for (String name : List.of("rand_like", "randn_like")) {
      ops.add(name + "(Tensor self, *, " + OPTIONS + format, (p, a) -> like(p, a, 1));
    }
    ops.add("full(SymInt[] size, Scalar fill_value, *, " + OPTIONS + ")", Factories::full);
    for (String name : List.of("rand", "randn")) {
      ops.add(name + "(SymInt[] size, *, " + OPTIONS + ")", (p, a) -> sized(p, a, 0, a.dtype(1)));
    }
    for (String name : List.of("new_zeros", "new_ones", "new_empty")) {
      ops.add(
          name + "(Tensor self, SymInt[] size, *, " + OPTIONS + ")", (p, a) -> newLike(p, a, 2));
    }
    ops.add(
        "new_full(Tensor self, SymInt[] size, Scalar fill_value, *, " + OPTIONS + ")",
        (p, a) -> newLike(p, a, 3));
    ops.add("scalar_tensor(Scalar s, *, " + OPTIONS + ")", Factories::scalar);
    ops.add("eye(SymInt n, *, " + OPTIONS + ")", (p, a) -> square(p, a, 0, 1));
    ops.add("eye.m(SymInt n, SymInt m, *, " + OPTIONS + ")", (p, a) -> square(p, a, 1, 2));
    ops.add(
        "linspace(Scalar start, Scalar end, int steps, *, " + OPTIONS + ")", Factories::linspace);
    ops.add("fill_.Scalar(Tensor(a!) self, Scalar value)", Factories::fill);
    ops.add("fill_.Tensor(Tensor(a!) self, Tensor value)", Factories::fillWithTensor);
    ops.add("zero_(Tensor(a!) self)", Factories::fill);
    ops.add("bernoulli(Tensor self, *, Generator? generator=None)", Factories::bernoulli);
    ops.add(
        "bernoulli.p(Tensor self, float p, *, Generator? generator=None)", Factories::bernoulli);
    ops.add(
        "bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None)",
        Factories::fill);
    ops.add(
        "bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None)",
        Factories::fill);
    ops.add(
        "uniform_(Tensor(a!) self, float from=0, float to=1, *, Generator? generator=None)",
        Factories::fill);
    ops.add(
        "exponential_(Tensor(a!) self, float lambd=1, *, Generator? generator=None)",
        Factories::fill);
    ops.add(
        "randint(SymInt high, SymInt[] size, *, " + WHOLE + ")",
        (p, a) -> sized(p, a, 1, a.dtype(2) == null ? DType.INT64 : a.dtype(2)));
    ops.add(
        "randint.low(SymInt low, SymInt high, SymInt[] size, *, " + WHOLE + ")",
        (p, a) -> sized(p, a, 2, a.dtype(3) == null ? DType.INT64 : a.dtype(3)));
    ops.add(
        "randint_like(Tensor self, SymInt high, *, " + OPTIONS + format, (p, a) -> like(p, a, 2));
    ops.add(
        "randint_like.low_dtype(Tensor self, SymInt low, SymInt high, *, " + OPTIONS + format,
        (p, a) -> like(p, a, 3));
    for (String part : List.of("tril", "triu")) {
      ops.add(
          part + "_indices(int row, int col, int offset=0, *, " + OPTIONS + ")",
          (p, a) -> triangle(p, a, part.equals("triu")));
    }
    ops.add(
        "logspace(Scalar start, Scalar end, int steps, float base=10.0, *, " + OPTIONS + ")",
        (p, a) -> List.of(p.empty(a.dtype(4) == null ? DType.FLOAT32 : a.dtype(4), a.integer(2))));
    ops.add("randperm(SymInt n, *, " + WHOLE + ")", Factories::permutation);
    ops.add(
        "normal.float_float(float mean, float std, SymInt[] size, *, Generator? generator=None, "
            + OPTIONS
            + ")",
        (p, a) -> sized(p, a, 2, a.dtype(4)));
    ops.add(
        "normal_(Tensor(a!) self, float mean=0, float std=1, *, Generator? generator=None)",
        Factories::fill);
  }

  /** Rows and columns of all places on one side of a diagonal. */
  private static List<PaperTensor> triangle(PaperEngine p, Args a, boolean upper) {
    long rows = a.integer(0);
    long columns = a.integer(1);
    long count = 0;
    for (long row = 0; row < rows; row++) {
      long first = row + a.integer(2);
      long below = Math.max(0, Math.min(columns, upper ? first : first + 1));
      count = Math.addExact(count, upper ? columns - below : below);
    }
    return List.of(p.empty(a.dtype(3) == null ? DType.INT64 : a.dtype(3), 2, count));
  }

  /** The CPU makes a scalar of its size on the way. */
  private static List<PaperTensor> permutation(PaperEngine p, Args a) {
    DType dtype = a.dtype(1) == null ? DType.INT64 : a.dtype(1);
    PaperTensor result = p.empty(dtype, a.integer(0));
    p.releaseIfAny(p.scratch(DType.INT64, p.backend().isCuda() ? 0 : 1));
    return List.of(result);
  }

  private static List<PaperTensor> like(PaperEngine p, Args a, int dtype) {
    DType wanted = a.dtype(dtype);
    TensorType type = Layout.like(a.tensor(0));
    return List.of(p.empty(wanted == null ? type : type.withDType(wanted)));
  }

  private static List<PaperTensor> sized(PaperEngine p, Args a, int size, @Nullable DType dtype) {
    return List.of(p.empty(TensorType.of(dtype == null ? DType.FLOAT32 : dtype, a.integers(size))));
  }

  private static List<PaperTensor> full(PaperEngine p, Args a) {
    return sized(p, a, 0, a.dtype(2) == null ? inferred(a.value(1)) : a.dtype(2));
  }

  /** The type that a number has by itself. */
  private static DType inferred(Object number) {
    return switch (number) {
      case Boolean b -> DType.BOOL;
      case Long l -> DType.INT64;
      default -> DType.FLOAT32;
    };
  }

  private static List<PaperTensor> newLike(PaperEngine p, Args a, int dtype) {
    DType wanted = a.dtype(dtype);
    return sized(p, a, 1, wanted == null ? a.tensor(0).type().dtype() : wanted);
  }

  private static List<PaperTensor> scalar(PaperEngine p, Args a) {
    DType wanted = a.dtype(1);
    return List.of(p.empty(wanted == null ? DType.FLOAT32 : wanted));
  }

  private static List<PaperTensor> square(PaperEngine p, Args a, int second, int dtype) {
    DType wanted = a.dtype(dtype);
    return List.of(
        p.empty(wanted == null ? DType.FLOAT32 : wanted, a.integer(0), a.integer(second)));
  }

  private static List<PaperTensor> linspace(PaperEngine p, Args a) {
    DType wanted = a.dtype(3);
    return List.of(p.empty(wanted == null ? DType.FLOAT32 : wanted, a.integer(2)));
  }

  /** A value that takes a gradient gets the sum of the incoming one. */
  private static List<PaperTensor> fillWithTensor(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "FillBackward3",
            1,
            (e, n, g) ->
                new @Nullable PaperTensor[] {
                  n.needs(0) ? e.empty(Layout.like(given(g))) : null,
                  n.needs(1) ? Reduce.sum(e, given(g), null, false, null) : null
                },
            self,
            a.tensor(1));
    return List.of(p.rewrite(fn, self));
  }

  /** Overwrites every element: what came before gets a gradient of zeros. */
  private static List<PaperTensor> fill(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "FillBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(Layout.like(given(g)))},
            self);
    return List.of(p.rewrite(fn, self));
  }

  private static List<PaperTensor> bernoulli(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "BernoulliBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(Layout.like(given(g)))},
            self);
    return List.of(p.attach(fn, p.empty(Layout.like(self))));
  }
}
