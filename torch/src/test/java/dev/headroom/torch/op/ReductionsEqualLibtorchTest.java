package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums, means, deviations, extremes, norms and running sums. */
class ReductionsEqualLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (String op : List.of("sum", "mean")) {
      out.add(OpCase.of("aten." + op + ".default", f(2, 3, 4)));
      String dims = op.equals("sum") ? "aten.sum.dim_IntList" : "aten.mean.dim";
      out.add(OpCase.of(dims, f(2, 3, 4), longs(1)));
      out.add(OpCase.of(dims, f(2, 3, 4), longs(-1), true));
      out.add(OpCase.of(dims, f(2, 3, 4, 5), longs(2, 3)));
      out.add(OpCase.of(dims, f(2, 3, 4, 5), longs(-1, -2), true));
      out.add(OpCase.of(dims, nhwc(2, 3, 4, 5), longs(2, 3), true));
      out.add(OpCase.of(dims, nhwc(2, 3, 4, 5), longs(1)));
      out.add(OpCase.of(dims, f(2, 3, 4).swapped(0, 2), longs(1)));
      out.add(OpCase.of(dims, f(2, 3), longs(1), false, DType.FLOAT64));
    }
    out.add(OpCase.of("aten.sum.default", of(DType.INT64, 2, 3)).plain());
    out.add(OpCase.of("aten.sum.default", of(DType.BOOL, 2, 3)).plain());
    out.add(OpCase.of("aten.sum.dim_IntList", of(DType.BOOL, 2, 3), longs(1)).plain());
    for (String op : List.of("var", "std")) {
      String name = "aten." + op + ".correction";
      out.add(OpCase.of(name, f(2, 3, 4), longs(1)));
      out.add(OpCase.of(name, f(2, 3, 4), longs(-1), 1L, true));
      out.add(OpCase.of(name, f(2, 3, 4, 5), longs(2, 3), 0L, true));
      out.add(OpCase.of(name, f(2, 3, 4)));
      out.add(OpCase.of("aten." + op + ".default", f(2, 3, 4)));
      out.add(OpCase.of("aten." + op + ".dim", f(2, 3, 4), longs(1), false, true));
    }
    out.add(OpCase.of("aten.var_mean.correction", f(2, 3, 4), longs(1)).losing(0, 1));
    for (String op : List.of("amax", "amin")) {
      out.add(OpCase.of("aten." + op + ".default", f(2, 3, 4), longs(1)));
      out.add(OpCase.of("aten." + op + ".default", f(2, 3, 4), longs(-1), true));
      out.add(OpCase.of("aten." + op + ".default", f(2, 3, 4), longs(1, 2)));
    }
    for (String op : List.of("max", "min")) {
      out.add(OpCase.of("aten." + op + ".dim", f(2, 3, 4), 1L));
      out.add(OpCase.of("aten." + op + ".dim", f(2, 3, 4), -1L, true));
      out.add(OpCase.of("aten." + op + ".default", f(2, 3, 4)));
      out.add(OpCase.of("aten." + op + ".other", f(2, 3), f(2, 3)));
    }
    out.add(OpCase.of("aten.argmax.default", f(2, 3, 4), 1L).plain());
    out.add(OpCase.of("aten.argmax.default", f(2, 3, 4)).plain());
    out.add(OpCase.of("aten.argmin.default", f(2, 3, 4), -1L, true).plain());
    out.add(OpCase.of("aten.any.default", of(DType.BOOL, 2, 3)).plain());
    out.add(OpCase.of("aten.any.dim", of(DType.BOOL, 2, 3), 1L).plain());
    out.add(OpCase.of("aten.all.default", of(DType.BOOL, 2, 3)).plain());
    out.add(OpCase.of("aten.cumsum.default", f(2, 3, 4), 1L));
    out.add(OpCase.of("aten.cumsum.default", of(DType.BOOL, 2, 3), 1L).plain());
    out.add(OpCase.of("aten.cumsum.default", of(DType.INT64, 2, 3), 1L).plain());
    out.add(OpCase.of("aten.prod.default", f(2, 3)));
    out.add(OpCase.of("aten.prod.dim_int", f(2, 3), 1L));
    out.add(OpCase.of("aten.logsumexp.default", f(2, 3, 4), longs(1)));
    out.add(OpCase.of("aten.logsumexp.default", f(2, 3, 4), longs(-1), true));
    out.add(OpCase.of("aten.linalg_vector_norm.default", f(2, 3, 4), 2.0, longs(1)));
    out.add(OpCase.of("aten.linalg_vector_norm.default", f(2, 3, 4), 2L, longs(-1), true));
    out.add(OpCase.of("aten.linalg_vector_norm.default", f(2, 3, 4)));
    out.add(OpCase.of("aten.linalg_vector_norm.default", f(2, 3, 4), 1L, longs(1), true));
    out.add(OpCase.of("aten.norm.Scalar", f(2, 3), 2L));
    out.add(OpCase.of("aten.norm.ScalarOpt_dim", f(2, 3, 4), 2L, longs(1), true));
    out.add(OpCase.of("aten.sort.default", f(2, 3)));
    out.add(OpCase.of("aten.topk.default", f(2, 5), 2L));
    out.add(OpCase.of("aten.cosine_similarity.default", f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.cosine_similarity.default", f(2, 3, 4), f(2, 3, 4), -1L));
    out.add(OpCase.of("aten.cosine_similarity.default", f(6, 1, 8), f(1, 5, 8), -1L));
    out.add(OpCase.of("aten.cosine_similarity.default", f(6, 8), f(8), -1L));
    for (String name : List.of("any", "all")) {
      out.add(OpCase.of("aten." + name + ".default", f(3, 4).noGrad()).plain());
      out.add(OpCase.of("aten." + name + ".dim", f(3, 4).noGrad(), 1L).plain());
    }
    return out.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
