package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Views, joining, splitting, indexing, factories and casts. */
class IndexingEqualsLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    views(out);
    joining(out);
    indexing(out);
    factories(out);
    return out.stream();
  }

  private static void views(List<OpCase> out) {
    out.add(OpCase.of("aten.view.default", f(2, 6), longs(3, 4)));
    out.add(OpCase.of("aten.reshape.default", f(2, 3, 4), longs(6, -1)));
    out.add(OpCase.of("aten.reshape.default", f(2, 3, 4).swapped(1, 2), longs(2, 12)));
    out.add(OpCase.of("aten.flatten.using_ints", f(2, 3, 4), 1L, -1L));
    out.add(OpCase.of("aten.flatten.using_ints", nhwc(2, 3, 4, 5), 1L, -1L));
    out.add(OpCase.of("aten.transpose.int", f(2, 3, 4), 0L, 2L));
    out.add(OpCase.of("aten.permute.default", f(2, 3, 4), longs(2, 0, 1)));
    out.add(OpCase.of("aten.t.default", f(2, 3)));
    out.add(OpCase.of("aten.numpy_T.default", f(2, 3)));
    out.add(OpCase.of("aten.mT.default", f(2, 3, 4)));
    out.add(OpCase.of("aten.unsqueeze.default", f(2, 3), 1L));
    out.add(OpCase.of("aten.squeeze.dim", f(2, 1, 3), 1L));
    out.add(OpCase.of("aten.squeeze.default", f(2, 1, 3)));
    out.add(OpCase.of("aten.expand.default", f(2, 1, 3), longs(2, 4, 3)));
    out.add(OpCase.of("aten.expand.default", f(3), longs(2, -1)));
    out.add(OpCase.of("aten.expand_as.default", f(2, 1), f(2, 3).noGrad()));
    out.add(OpCase.of("aten.select.int", f(2, 3, 4), 1L, 0L));
    out.add(OpCase.of("aten.slice.Tensor", f(2, 6), 1L, 1L, 5L, 2L));
    out.add(OpCase.of("aten.slice.Tensor", f(2, 6), 1L, 0L, 9223372036854775807L));
    out.add(OpCase.of("aten.narrow.default", f(2, 6), 1L, 1L, 3L));
    out.add(OpCase.of("aten.unflatten.int", f(2, 6), 1L, longs(2, 3)));
    out.add(OpCase.of("aten.unfold.default", f(2, 6), 1L, 2L, 2L));
    out.add(OpCase.of("aten.diagonal.default", f(3, 3)));
    out.add(OpCase.of("aten.movedim.int", f(2, 3, 4), 1L, 2L));
    out.add(OpCase.of("aten.swapaxes.default", f(2, 3, 4), 1L, 2L));
    out.add(OpCase.of("aten.contiguous.default", f(2, 3, 4).swapped(1, 2)));
    out.add(OpCase.of("aten.clone.default", f(2, 3, 4).swapped(1, 2)));
    out.add(OpCase.of("aten.detach.default", f(2, 3)).plain());
    out.add(OpCase.of("aten.repeat.default", f(2, 3), longs(2, 2)));
    out.add(OpCase.of("aten.repeat.default", f(3), longs(4)));
    out.add(OpCase.of("aten.repeat_interleave.self_int", f(2, 3), 2L, 1L));
    out.add(OpCase.of("aten.repeat_interleave.self_int", f(2, 2, 5, 4), 3L, 1L));
    out.add(OpCase.of("aten.tile.default", f(2, 3), longs(2, 1)));
    out.add(OpCase.of("aten.meshgrid.indexing", List.of(f(2), f(3)), "ij"));
    out.add(OpCase.of("aten.broadcast_to.default", f(2, 1), longs(2, 3)));
    out.add(OpCase.of("aten.view_as.default", f(2, 3), f(6).noGrad()));
  }

  private static void joining(List<OpCase> out) {
    out.add(OpCase.of("aten.cat.default", List.of(f(2, 3), f(2, 4)), 1L));
    out.add(OpCase.of("aten.cat.default", List.of(f(2, 3), f(2, 3)), 0L));
    out.add(OpCase.of("aten.cat.default", List.of(nhwc(2, 3, 4, 4), nhwc(2, 2, 4, 4)), 1L));
    out.add(OpCase.of("aten.cat.default", List.of(f(2, 3, 4, 4), nhwc(2, 2, 4, 4)), 1L));
    out.add(OpCase.of("aten.cat.default", List.of(f(2, 3), f(2, 4).noGrad()), 1L));
    out.add(OpCase.of("aten.stack.default", List.of(f(2, 3), f(2, 3)), 1L));
    out.add(OpCase.of("aten.stack.default", List.of(f(2, 3), f(2, 3)), -1L));
    out.add(OpCase.of("aten.hstack.default", List.of(f(2, 3), f(2, 3))));
    out.add(OpCase.of("aten.split.Tensor", f(2, 6), 2L, 1L).losing(0, 1, 2));
    out.add(OpCase.of("aten.split.Tensor", f(2, 6), 2L, 1L).losing(1));
    out.add(OpCase.of("aten.split_with_sizes.default", f(2, 6), longs(2, 4), 1L).losing(0, 1));
    out.add(OpCase.of("aten.chunk.default", f(2, 6), 2L, 1L).losing(0, 1));
    out.add(OpCase.of("aten.unbind.int", f(3, 4)).losing(0, 1, 2));
    out.add(OpCase.of("aten.unbind.int", f(3, 4), 1L).losing(2));
    out.add(OpCase.of("aten.tensor_split.sections", f(2, 6), 2L, 1L).losing(0, 1));
  }

  private static void indexing(List<OpCase> out) {
    Sample index = ints(longs(0, 1, 1), 3);
    out.add(OpCase.of("aten.index_select.default", f(2, 3), 0L, index));
    out.add(OpCase.of("aten.index_select.default", f(2, 3, 4), 1L, index));
    out.add(OpCase.of("aten.gather.default", f(2, 3), 1L, ints(longs(0, 1), 2, 2)));
    out.add(OpCase.of("aten.index.Tensor", f(4, 3), List.of(index)));
    out.add(OpCase.of("aten.index.Tensor", f(4, 3), List.of(ints(longs(0, 1, 2, 1), 2, 2))));
    out.add(OpCase.of("aten.index.Tensor", f(4, 3, 2), Arrays.asList(null, index)));
    out.add(OpCase.of("aten.index.Tensor", f(4, 3, 2), List.of(index, index)));
    out.add(OpCase.of("aten.roll.default", f(2, 6), longs(2), longs(1)));
    out.add(OpCase.of("aten.roll.default", f(2, 4, 4, 3), longs(2, 2), longs(1, 2)));
    out.add(OpCase.of("aten.flip.default", f(2, 6), longs(1)));
    out.add(OpCase.of("aten.tril.default", f(3, 3)));
    out.add(OpCase.of("aten.triu.default", f(3, 3), 1L));
    out.add(OpCase.of("aten.scatter.src", f(2, 3), 1L, ints(longs(0, 1), 2, 2), f(2, 2)));
    out.add(OpCase.of("aten.scatter.value", f(2, 3), 1L, ints(longs(0, 1), 2, 2), 0.0));
    out.add(OpCase.of("aten.scatter_.value", f(2, 3), 1L, ints(longs(0, 1), 2, 2), 0.0));
    out.add(OpCase.of("aten.scatter_add.default", f(2, 3), 1L, ints(longs(0, 1), 2, 2), f(2, 2)));
    out.add(OpCase.of("aten.index_add.default", f(3, 2), 0L, ints(longs(0, 1), 2), f(2, 2)));
    out.add(OpCase.of("aten.copy_.default", f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.copy_.default", f(2, 3), f(3)));
  }

  private static void factories(List<OpCase> out) {
    out.add(OpCase.of("aten.zeros.default", longs(2, 3)).plain());
    out.add(OpCase.of("aten.ones.default", longs(2, 3)).plain());
    out.add(OpCase.of("aten.zeros.default", longs(2, 3), DType.INT64).plain());
    out.add(OpCase.of("aten.full.default", longs(2, 3), 1.0).plain());
    out.add(OpCase.of("aten.full.default", longs(2, 3), 1L).plain());
    out.add(OpCase.of("aten.full.default", longs(2, 3), true).plain());
    out.add(OpCase.of("aten.full.default", longs(2, 3), -1.0, DType.FLOAT64).plain());
    out.add(OpCase.of("aten.arange.default", 5L).plain());
    out.add(OpCase.of("aten.arange.default", 5.0).plain());
    out.add(OpCase.of("aten.arange.start", 1L, 5L).plain());
    out.add(OpCase.of("aten.arange.start_step", 0L, 10L, 3L).plain());
    out.add(OpCase.of("aten.empty.memory_format", longs(2, 3)).plain());
    out.add(OpCase.of("aten.eye.default", 3L).plain());
    out.add(OpCase.of("aten.eye.m", 3L, 2L).plain());
    out.add(OpCase.of("aten.linspace.default", 0.0, 1.0, 5L).plain());
    out.add(OpCase.of("aten.rand.default", longs(2, 3)).plain());
    out.add(OpCase.of("aten.randn.default", longs(2, 3)).plain());
    out.add(OpCase.of("aten.scalar_tensor.default", 1.0).plain());
    for (String name :
        List.of("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")) {
      out.add(OpCase.of("aten." + name + ".default", nhwc(2, 3, 4, 5)).plain());
    }
    out.add(OpCase.of("aten.full_like.default", f(2, 3), 2.0).plain());
    out.add(OpCase.of("aten.zeros_like.default", f(2, 3), DType.INT64).plain());
    out.add(OpCase.of("aten.new_zeros.default", f(2, 3), longs(4)).plain());
    out.add(OpCase.of("aten.new_ones.default", f(2, 3), longs(4), DType.BOOL).plain());
    out.add(OpCase.of("aten.new_full.default", f(2, 3), longs(4), 2.0).plain());
    out.add(OpCase.of("aten.new_empty.default", f(2, 3), longs(4)).plain());
    out.add(OpCase.of("aten.fill_.Scalar", f(2, 3), 1.0));
    out.add(OpCase.of("aten.zero_.default", f(2, 3)));
    out.add(OpCase.of("aten.bernoulli.default", f(2, 3)));
    out.add(OpCase.of("aten.bernoulli_.float", f(2, 3).noGrad(), 0.5).plain());
    out.add(OpCase.of("aten.to.dtype", f(2, 3), DType.FLOAT64));
    out.add(OpCase.of("aten.to.dtype", f(2, 3), DType.FLOAT32));
    out.add(OpCase.of("aten.to.dtype", f(2, 3), DType.INT64).plain());
    out.add(OpCase.of("aten.to.dtype", f(2, 3), DType.BFLOAT16));
    out.add(OpCase.of("aten.to.dtype", of(DType.BOOL, 2, 3), DType.FLOAT32).plain());
    out.add(OpCase.of("aten._to_copy.default", f(2, 3), DType.FLOAT64));
    out.add(OpCase.of("aten._to_copy.default", f(2, 3)));
    out.add(OpCase.of("aten.type_as.default", f(2, 3), of(DType.FLOAT64, 1)));
    out.add(OpCase.of("aten.lift_fresh_copy.default", f(2, 3).noGrad()).plain());
    out.add(OpCase.of("aten.alias.default", f(2, 3)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
