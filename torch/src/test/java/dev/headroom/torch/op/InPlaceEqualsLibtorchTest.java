package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators that write into their first argument, and overloads that are asked for less often. */
class InPlaceEqualsLibtorchTest {
  private static Sample yes(long... shape) {
    return new Sample(TensorType.of(DType.BOOL, shape), false, longs(1), List.of(), false);
  }

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (Sample self : List.of(f(6, 8), f(6, 8).noGrad())) {
      Sample places = ints(longs(0, 1, 2), 6, 8);
      Sample rows = ints(longs(0, 2), 2);
      out.add(OpCase.of("aten.scatter_add_.default", self, 0L, places, f(6, 8)));
      out.add(OpCase.of("aten.index_add_.default", self, 0L, rows, f(2, 8)));
      out.add(OpCase.of("aten.index_add_.default", self, 0L, rows, f(2, 8), 2.0));
      out.add(OpCase.of("aten.index_copy_.default", self, 0L, rows, f(2, 8)));
      for (String reduce : List.of("sum", "mean", "prod", "amax")) {
        out.add(OpCase.of("aten.scatter_reduce_.two", self, 0L, places, f(6, 8), reduce));
      }
      out.add(OpCase.of("aten.masked_scatter_.default", self, yes(6, 8), f(7, 8)));
      out.add(OpCase.of("aten.clamp_min_.Tensor", self, f(8)));
      out.add(OpCase.of("aten.clamp_.Tensor", self, f(8), f(6, 8)));
      out.add(OpCase.of("aten.addmm_.default", self, f(6, 7), f(7, 8)));
      out.add(OpCase.of("aten.addmv_.default", f(6), self, f(8)));
      out.add(OpCase.of("aten.baddbmm_.default", f(2, 6, 7), f(2, 6, 8), f(2, 8, 7)));
    }
    Sample x = f(6, 8);
    out.add(OpCase.of("aten.index_add.default", x, 0L, ints(longs(0, 2), 2), f(2, 8), 2.0));
    out.add(OpCase.of("aten.index_fill_.int_Scalar", x, 0L, ints(longs(0, 2), 2), 1.0));
    out.add(OpCase.of("aten.tril_.default", x));
    out.add(OpCase.of("aten.triu_.default", x, 1L));
    out.add(OpCase.of("aten.clip_.default", x, 0.2, 0.8));
    out.add(OpCase.of("aten.cumsum_.default", x, 1L));
    out.add(OpCase.of("aten.nan_to_num_.default", x));
    sizes(out);
    truths(out);
    overloads(out);
    return out.stream();
  }

  private static void sizes(List<OpCase> out) {
    out.add(OpCase.of("aten.squeeze_.dim", f(6, 1, 8), 1L));
    out.add(OpCase.of("aten.squeeze_.default", f(6, 1, 8)));
    out.add(OpCase.of("aten.unsqueeze_.default", f(6, 8), 1L));
    out.add(OpCase.of("aten.transpose_.default", f(6, 8), 0L, 1L));
    out.add(OpCase.of("aten.t_.default", f(6, 8)));
  }

  private static void truths(List<OpCase> out) {
    out.add(OpCase.of("aten.logical_not_.default", yes(6, 4)).plain());
    out.add(OpCase.of("aten.logical_and_.default", yes(6, 4), yes(4)).plain());
    out.add(OpCase.of("aten.bitwise_or_.Tensor", yes(6, 4), yes(6, 4)).plain());
    out.add(OpCase.of("aten.bitwise_not_.default", yes(6, 4)).plain());
  }

  private static void overloads(List<OpCase> out) {
    Sample x = f(6, 8);
    Sample data = x.noGrad();
    out.add(OpCase.of("aten.sort.stable", x, true, 1L, false));
    out.add(OpCase.of("aten.argsort.stable", data, true, 1L, false).plain());
    out.add(OpCase.of("aten.any.dims", data, longs(0, 1)).plain());
    out.add(OpCase.of("aten.std_mean.default", x).losing(0, 1));
    out.add(OpCase.of("aten.var_mean.default", x, true).losing(0, 1));
    out.add(OpCase.of("aten.linalg_norm.ord_str", x, "fro"));
    out.add(OpCase.of("aten.rsub.Tensor", x, f(8)));
    out.add(OpCase.of("aten.rsub.Tensor", x, f(8), 2.0));
    out.add(OpCase.of("aten.bernoulli.p", data, 0.5).plain());
    out.add(OpCase.of("aten.bernoulli_.Tensor", data, data).plain());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
