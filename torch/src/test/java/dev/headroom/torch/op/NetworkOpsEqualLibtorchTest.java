package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What people's own networks use beside the everyday layers. */
class NetworkOpsEqualLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    norms(out);
    bags(out);
    sampling(out);
    distances(out);
    cells(out);
    writing(out);
    padding(out);
    products(out);
    return out.stream();
  }

  private static void norms(List<OpCase> out) {
    for (Sample x : List.of(f(2, 3, 4, 4), f(2, 3, 5), nhwc(2, 3, 4, 4))) {
      out.add(
          OpCase.of(
              "aten.instance_norm.default", x, f(3), f(3), null, null, true, 0.1, 1e-5, true));
      out.add(
          OpCase.of(
              "aten.instance_norm.default", x, null, null, null, null, true, 0.1, 1e-5, true));
      out.add(
          OpCase.of(
              "aten.instance_norm.default",
              x,
              f(3),
              f(3),
              f(3).noGrad(),
              f(3).noGrad(),
              true,
              0.1,
              1e-5,
              true));
    }
    out.add(OpCase.of("aten._weight_norm.default", f(4, 3, 3), f(4, 1, 1)));
  }

  private static void bags(List<OpCase> out) {
    Sample flat = ints(longs(0, 1, 2, 1, 4, 3), 24);
    Sample offsets = ints(longs(0, 6, 12, 18), 4);
    for (long mode = 0; mode < 3; mode++) {
      out.add(
          OpCase.of(
              "aten.embedding_bag.padding_idx",
              f(5, 8),
              flat,
              offsets,
              false,
              mode,
              false,
              null,
              false,
              null));
    }
    out.add(
        OpCase.of(
            "aten.embedding_bag.padding_idx",
            f(5, 8),
            flat,
            offsets,
            false,
            0L,
            false,
            null,
            false,
            0L));
    out.add(OpCase.of("aten.embedding_bag.default", f(5, 8), flat, offsets));
  }

  private static void sampling(List<OpCase> out) {
    out.add(OpCase.of("aten.grid_sampler.default", f(2, 3, 4, 4), f(2, 5, 6, 2), 0L, 0L, false));
    out.add(
        OpCase.of(
            "aten.grid_sampler.default", f(2, 3, 4, 4).noGrad(), f(2, 5, 6, 2), 0L, 0L, false));
    out.add(
        OpCase.of("aten.grid_sampler.default", f(2, 3, 4, 4, 4), f(2, 5, 6, 6, 3), 0L, 0L, true));
    for (boolean aligned : new boolean[] {true, false}) {
      out.add(
          OpCase.of("aten.affine_grid_generator.default", f(2, 2, 3), longs(2, 3, 4, 5), aligned));
    }
    List<Long> two = longs(2, 2);
    List<Long> one = longs(1, 1);
    List<Long> none = longs(0, 0);
    out.add(OpCase.of("aten.im2col.default", f(2, 3, 4, 4), two, one, none, two));
    out.add(OpCase.of("aten.im2col.default", f(2, 3, 4, 4), longs(3, 3), one, one, one));
    out.add(OpCase.of("aten.im2col.default", f(2, 3, 4, 8).narrowed(), two, one, none, two));
    out.add(OpCase.of("aten.col2im.default", f(2, 12, 4), longs(4, 4), two, one, none, two));
  }

  private static void distances(List<OpCase> out) {
    out.add(OpCase.of("aten.pairwise_distance.default", f(3, 8), f(3, 8)));
    out.add(OpCase.of("aten.pairwise_distance.default", f(3, 8), f(3, 8), 2.0, 1e-6, true));
    out.add(OpCase.of("aten.cdist.default", f(2, 3, 8), f(2, 5, 8), 2.0, null));
    out.add(OpCase.of("aten.cdist.default", f(2, 3, 8), f(1, 5, 8), 2.0, null));
    out.add(OpCase.of("aten.cdist.default", f(3, 8), f(5, 8).noGrad(), 2.0, null));
    out.add(OpCase.of("aten.cdist.default", f(2, 30, 8), f(2, 7, 8), 2.0, null));
    out.add(OpCase.of("aten.cdist.default", f(30, 8), f(7, 8), 2.0, null));
  }

  private static void cells(List<OpCase> out) {
    out.add(
        OpCase.of(
                "aten.lstm_cell.default",
                f(3, 4),
                List.of(f(3, 5), f(3, 5)),
                f(20, 4),
                f(20, 5),
                f(20),
                f(20))
            .losing(0, 1));
    out.add(OpCase.of("aten.gru_cell.default", f(3, 4), f(3, 5), f(15, 4), f(15, 5), f(15), f(15)));
    out.add(
        OpCase.of("aten.rnn_tanh_cell.default", f(3, 4), f(3, 5), f(5, 4), f(5, 5), f(5), f(5)));
    out.add(
        OpCase.of("aten.rnn_relu_cell.default", f(3, 4), f(3, 5), f(5, 4), f(5, 5), f(5), f(5)));
  }

  private static void writing(List<OpCase> out) {
    Sample mask = Sample.of(DType.BOOL, 3, 4);
    Sample number = f().noGrad();
    out.add(OpCase.of("aten.fill_.Tensor", f(3, 4), number));
    out.add(OpCase.of("aten.fill_.Tensor", f(3, 4), f()));
    out.add(OpCase.of("aten.index_put_.default", f(3, 4), List.of(mask), number));
  }

  private static void padding(List<OpCase> out) {
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4), longs(1, 1, 1, 1), "circular"));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 5), longs(2, 0, 0, 1), "circular"));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4), longs(2, 1), "circular"));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4), longs(-1, 1), "circular"));
  }

  private static void products(List<OpCase> out) {
    out.add(OpCase.of("aten.einsum.default", "...te,ehd->...htd", List.of(f(2, 3, 4), f(4, 2, 5))));
    out.add(
        OpCase.of(
            "aten.einsum.default", "...hij,...hjd->...ihd", List.of(f(2, 3, 4, 4), f(2, 3, 4, 5))));
    out.add(OpCase.of("aten.einsum.default", "...i,...i", List.of(f(2, 3, 4), f(3, 4))));
    out.add(
        OpCase.of(
            "aten.scaled_dot_product_attention.default",
            f(2, 4, 6, 8),
            f(2, 2, 6, 8),
            f(2, 2, 6, 8),
            null,
            0.0,
            true,
            null,
            true));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
