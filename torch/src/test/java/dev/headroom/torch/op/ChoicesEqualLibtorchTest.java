package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Order statistics, running extremes, unpooling, contractions, and reading and writing by masks and
 * indices. What a mask selects is planned as all of it, so the masks here are true everywhere.
 */
class ChoicesEqualLibtorchTest {
  private static Sample yes(long... shape) {
    return new Sample(TensorType.of(DType.BOOL, shape), false, List.of(1L), List.of(), false);
  }

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    order(out);
    products(out);
    masks(out);
    writing(out);
    joining(out);
    return out.stream();
  }

  private static void order(List<OpCase> out) {
    for (String name : List.of("median", "nanmedian")) {
      out.add(OpCase.of("aten." + name + ".default", f(3, 4)));
      out.add(OpCase.of("aten." + name + ".default", f(3, 4).swapped(0, 1)));
      out.add(OpCase.of("aten." + name + ".dim", f(3, 4), -1L).losing(0));
      out.add(OpCase.of("aten." + name + ".dim", f(3, 4, 2), 1L, true).losing(0));
      out.add(OpCase.of("aten." + name + ".dim", f(3, 4).swapped(0, 1), 0L).losing(0));
    }
    out.add(OpCase.of("aten.kthvalue.default", f(3, 4), 2L).losing(0));
    out.add(OpCase.of("aten.kthvalue.default", f(3, 4), 2L, 0L, true).losing(0));
    out.add(OpCase.of("aten.mode.default", f(3, 4)).losing(0));
    out.add(OpCase.of("aten.sort.default", f(3, 4)).losing(0));
    out.add(OpCase.of("aten.sort.default", f(5, 3), 0L).losing(0));
    out.add(OpCase.of("aten.sort.default", f(2, 40), 1L, true).losing(0));
    out.add(OpCase.of("aten.argsort.default", f(3, 4)).plain());
    out.add(OpCase.of("aten.msort.default", f(3, 4)));
    for (String name : List.of("cummax", "cummin")) {
      out.add(OpCase.of("aten." + name + ".default", f(3, 4), -1L).losing(0));
      out.add(OpCase.of("aten." + name + ".default", f(3, 4).swapped(0, 1), 0L).losing(0));
    }
    out.add(OpCase.of("aten.cumprod.default", f(3, 4), -1L));
    out.add(OpCase.of("aten.cumprod.default", f(3, 4), 0L));
  }

  private static void products(List<OpCase> out) {
    String dot = "aten.tensordot.default";
    out.add(OpCase.of(dot, f(4, 8, 6), f(8, 6, 5), longs(1, 2), longs(0, 1)));
    out.add(OpCase.of(dot, f(4, 3), f(5, 4, 2), longs(0), longs(1)));
    out.add(OpCase.of(dot, f(2, 3, 4), f(4, 5), longs(2), longs(0)));
    out.add(OpCase.of(dot, f(4, 1), f(3, 5), longs(1), longs(0)));
    out.add(OpCase.of(dot, f(4, 3).swapped(0, 1), f(5, 4), longs(1), longs(1)));
    out.add(OpCase.of("aten.cosine_similarity.default", f(1, 3, 4), f(3, 1, 4), -1L));
    Sample places = ints(longs(0, 3, 5), 2, 3, 2, 2);
    out.add(OpCase.of("aten.max_unpool2d.default", f(2, 3, 2, 2), places, longs(4, 4)));
    out.add(OpCase.of("aten.max_unpool2d.default", nhwc(2, 3, 2, 2), places, longs(4, 4)));
    out.add(
        OpCase.of(
            "aten.max_unpool3d.default",
            f(2, 3, 2, 2, 2),
            ints(longs(0, 3, 5), 2, 3, 2, 2, 2),
            longs(4, 4, 4),
            longs(2, 2, 2),
            longs(0, 0, 0)));
  }

  private static void masks(List<OpCase> out) {
    out.add(OpCase.of("aten.masked_fill.Tensor", f(3, 4), yes(3, 4), f()));
    out.add(OpCase.of("aten.masked_fill.Tensor", f(3, 4), yes(3, 4), f().noGrad()));
    out.add(OpCase.of("aten.masked_fill_.Tensor", f(3, 4), yes(3, 4), f()));
    out.add(OpCase.of("aten.masked_select.default", f(3, 4), yes(3, 4)));
    out.add(OpCase.of("aten.masked_select.default", f(3, 4), yes(4)));
    out.add(OpCase.of("aten.nonzero.default", yes(3, 4)).plain());
    out.add(OpCase.of("aten.index.Tensor", f(3, 4), List.of(yes(3, 4))));
    out.add(OpCase.of("aten.index.Tensor", f(3, 4), List.of(yes(3))));
    out.add(OpCase.of("aten.index.Tensor", f(2, 3, 4), List.of(yes(2, 3))));
    out.add(OpCase.of("aten.index.Tensor", f(3, 4), Arrays.asList(null, yes(4))));
    out.add(OpCase.of("aten.index_put_.default", f(3, 4), List.of(yes(3, 4)), f().noGrad()));
    out.add(OpCase.of("aten.index_put_.default", f(3, 4), List.of(yes(3)), f(4)));
    out.add(OpCase.of("aten.index_put.default", f(3, 4), List.of(yes(3)), f(3, 4)));
  }

  private static void writing(List<OpCase> out) {
    Sample index = ints(longs(0, 2), 2);
    for (String put : List.of("aten.index_put_.default", "aten.index_put.default")) {
      out.add(OpCase.of(put, f(3, 4), List.of(index), f(2, 4)));
      out.add(OpCase.of(put, f(3, 4), List.of(index), f().noGrad()));
      out.add(OpCase.of(put, f(3, 4), List.of(index), f(4)));
      out.add(OpCase.of(put, f(3, 4), Arrays.asList(null, index), f(3, 2)));
      out.add(OpCase.of(put, f(3, 4), List.of(index, index), f(2)));
      out.add(OpCase.of(put, f(3, 4), List.of(index), f(2, 4), true));
      out.add(OpCase.of(put, f(3, 4).noGrad(), List.of(index), f(2, 4)));
    }
    out.add(OpCase.of("aten.index_copy.default", f(3, 4), 0L, index, f(2, 4)));
    out.add(OpCase.of("aten.index_copy.default", f(3, 4).noGrad(), 0L, index, f(2, 4)));
    out.add(OpCase.of("aten.index_fill.int_Scalar", f(3, 4), 0L, index, 1.0));
    out.add(OpCase.of("aten.take_along_dim.default", f(3, 4), ints(longs(0, 1), 3, 2), 1L));
    out.add(OpCase.of("aten.take_along_dim.default", f(3, 4), ints(longs(0, 1), 1, 2), 1L));
    out.add(OpCase.of("aten.take.default", f(3, 4), ints(longs(0, 1, 4), 4)));
    out.add(OpCase.of("aten.masked_scatter.default", f(3, 4), yes(3, 4), f(3, 4)));
    out.add(OpCase.of("aten.masked_scatter.default", f(3, 4), yes(3, 4), f(4, 4)));
    out.add(OpCase.of("aten.masked_scatter.default", f(3, 4), yes(3, 1), f(5, 4)));
    for (String limit : List.of("aten.clamp_min.Tensor", "aten.clamp_max.Tensor")) {
      out.add(OpCase.of(limit, f(3, 4), f(4)));
      out.add(OpCase.of(limit, f(3, 4), f(4).noGrad()));
      out.add(OpCase.of(limit, f(3, 4).noGrad(), f(4)));
    }
    Sample places = ints(longs(0, 1, 2), 3, 4);
    for (boolean included : new boolean[] {true, false}) {
      String reduce = "aten.scatter_reduce.two";
      out.add(OpCase.of(reduce, f(3, 4), 0L, places, f(3, 4), "prod", included));
      out.add(OpCase.of(reduce, f(3, 4), 0L, places, f(3, 4).noGrad(), "prod", included));
      out.add(OpCase.of(reduce, f(3, 4).noGrad(), 0L, places, f(3, 4), "prod", included));
    }
    out.add(OpCase.of("aten.bucketize.Tensor", f(3, 4).noGrad(), f(5).noGrad()).plain());
    out.add(OpCase.of("aten.searchsorted.Tensor", f(5).noGrad(), f(3, 4).noGrad()).plain());
  }

  private static void joining(List<OpCase> out) {
    out.add(OpCase.of("aten.vstack.default", List.of(f(3), f(3))));
    out.add(OpCase.of("aten.vstack.default", List.of(f(2, 3), f(1, 3))));
    out.add(OpCase.of("aten.dstack.default", List.of(f(2, 3), f(2, 3))));
    out.add(OpCase.of("aten.dstack.default", List.of(f(3), f(3))));
    out.add(OpCase.of("aten.column_stack.default", List.of(f(3), f(3, 2))));
    out.add(OpCase.of("aten.broadcast_tensors.default", List.of(f(2, 1), f(3))).losing(0, 1));
    out.add(OpCase.of("aten.ravel.default", f(2, 3)));
    out.add(OpCase.of("aten.ravel.default", f(2, 3).swapped(0, 1)));
    out.add(OpCase.of("aten.fliplr.default", f(2, 3)));
    out.add(OpCase.of("aten.flipud.default", f(2, 3)));
    out.add(OpCase.of("aten.diff.default", f(2, 5)));
    out.add(OpCase.of("aten.tensor_split.indices", f(2, 6), longs(1, 4), 1L).losing(0, 1, 2));
    out.add(OpCase.of("aten.tensor_split.indices", f(6, 2), longs(2, -1)).losing(1));
    out.add(OpCase.of("aten.unfold.default", f(2, 6), 1L, 3L, 1L));
    out.add(OpCase.of("aten.unfold.default", f(2, 8), 1L, 3L, 2L));
    out.add(OpCase.of("aten.unfold.default", f(2, 8), 1L, 3L, 3L));
    out.add(OpCase.of("aten.randint.low", 0L, 5L, longs(2, 3)).plain());
    out.add(OpCase.of("aten.randint.default", 5L, longs(2, 3)).plain());
    out.add(OpCase.of("aten.randperm.default", 5L).plain());
    out.add(OpCase.of("aten.exponential_.default", f(2, 3).noGrad()).plain());
    out.add(OpCase.of("aten.normal.float_float", 0.0, 1.0, longs(2, 3)).plain());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
