package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;

import dev.headroom.engine.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions on the plain kernels, whose scratch follows from shapes: oneDNN is off. */
class ConvolutionsEqualLibtorchTest {
  private static final List<Long> ONE = longs(1, 1);
  private static final List<Long> TWO = longs(2, 2);
  private static final List<Long> NONE = longs(0, 0);

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    ordinary(out);
    pointwise(out);
    reordered(out);
    named(out);
    grouped(out);
    transposed(out);
    return out.stream();
  }

  private static void ordinary(List<OpCase> out) {
    out.add(OpCase.of("aten.conv2d.default", f(2, 3, 6, 7), f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", f(2, 3, 6, 7).noGrad(), f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", f(2, 3, 6, 7), f(5, 3, 1, 1), f(5)));
    out.add(OpCase.of("aten.conv2d.default", f(2, 3, 6, 7), f(5, 3, 3, 3), null, TWO, ONE));
    out.add(OpCase.of("aten.conv2d.default", f(2, 3, 6, 7), f(5, 3, 3, 3), f(5), ONE, TWO, TWO));
    out.add(OpCase.of("aten.conv2d.default", f(17, 3, 6, 7), f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", nhwc(2, 3, 6, 7), f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv1d.default", f(2, 3, 9), f(5, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv3d.default", f(2, 3, 4, 5, 6), f(5, 3, 3, 3, 3), f(5)));
  }

  private static void pointwise(List<OpCase> out) {
    out.add(OpCase.of("aten.conv3d.default", f(2, 3, 4, 5, 6), f(5, 3, 1, 1, 1), f(5)));
    out.add(OpCase.of("aten.conv1d.default", f(2, 3, 9), f(5, 3, 1), f(5)));
  }

  /** Inputs with gaps, and weights in the other order. */
  private static void reordered(List<OpCase> out) {
    Sample cut = f(2, 3, 6, 14).narrowed();
    out.add(OpCase.of("aten.conv2d.default", cut, f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", cut, f(5, 3, 3, 3), f(5), ONE, TWO, TWO));
    out.add(OpCase.of("aten.conv2d.default", cut, nhwc(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", f(2, 3, 6, 7), nhwc(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", nhwc(2, 3, 6, 7).noGrad(), f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv2d.default", nhwc(17, 3, 6, 7), f(5, 3, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv1d.default", f(2, 9, 3).swapped(1, 2), f(5, 3, 3), f(5)));
    out.add(OpCase.of("aten.conv_transpose2d.input", cut, f(3, 5, 3, 3), f(5)));
  }

  private static void named(List<OpCase> out) {
    for (String mode : List.of("same", "valid")) {
      out.add(OpCase.of("aten.conv1d.padding", f(2, 3, 9), f(5, 3, 3), f(5), longs(1), mode));
      out.add(OpCase.of("aten.conv1d.padding", f(2, 3, 9), f(5, 3, 4), f(5), longs(1), mode));
      out.add(OpCase.of("aten.conv2d.padding", f(2, 3, 9, 8), f(5, 3, 4, 3), f(5), ONE, mode, ONE));
      out.add(
          OpCase.of(
              "aten.conv3d.padding",
              f(2, 3, 4, 5, 6),
              f(5, 3, 3, 2, 3),
              null,
              longs(1, 1, 1),
              mode));
    }
    out.add(OpCase.of("aten.conv2d.padding", f(2, 3, 9, 8), f(5, 3, 3, 2), f(5), ONE, "same", TWO));
  }

  private static void grouped(List<OpCase> out) {
    for (long batch : longs(1, 2, 17)) {
      out.add(
          OpCase.of(
              "aten.conv2d.default", f(batch, 6, 5, 5), f(6, 1, 3, 3), f(6), ONE, ONE, ONE, 6L));
    }
    out.add(
        OpCase.of("aten.conv2d.default", f(2, 6, 5, 5), f(4, 3, 3, 3), null, TWO, ONE, ONE, 2L));
    out.add(
        OpCase.of("aten.conv2d.default", nhwc(2, 6, 5, 5), f(4, 3, 3, 3), f(4), ONE, ONE, ONE, 2L));
    out.add(
        OpCase.of("aten.conv2d.default", f(2, 6, 5, 5), f(4, 3, 3, 3), f(4), ONE, TWO, TWO, 2L));
    out.add(
        OpCase.of(
            "aten.conv2d.default", f(2, 6, 5, 5).noGrad(), f(4, 3, 3, 3), f(4), ONE, ONE, ONE, 2L));
    out.add(
        OpCase.of(
            "aten.conv1d.default", f(2, 6, 9), f(4, 3, 3), f(4), longs(1), longs(1), longs(1), 2L));
    out.add(
        OpCase.of(
            "aten.conv3d.default",
            f(2, 4, 4, 5, 6),
            f(4, 2, 3, 3, 3),
            f(4),
            longs(1, 1, 1),
            longs(1, 1, 1),
            longs(1, 1, 1),
            2L));
  }

  private static void transposed(List<OpCase> out) {
    String two = "aten.conv_transpose2d.input";
    out.add(OpCase.of(two, f(4, 6, 5, 7), f(6, 3, 2, 2), f(3), TWO));
    out.add(OpCase.of(two, f(4, 6, 5, 7), f(6, 3, 2, 2), null, TWO));
    out.add(OpCase.of(two, f(4, 6, 5, 7).noGrad(), f(6, 3, 2, 2), f(3), TWO));
    out.add(OpCase.of(two, f(4, 6, 5, 7), f(6, 3, 4, 4), f(3), TWO, ONE, ONE));
    out.add(OpCase.of(two, f(4, 6, 5, 7), f(6, 3, 1, 1), f(3)));
    out.add(OpCase.of(two, f(4, 6, 5, 7), f(6, 3, 3, 3), f(3), TWO, ONE, ONE, 1L, TWO));
    out.add(OpCase.of(two, f(4, 6, 5, 7), f(6, 3, 2, 2), f(6), TWO, NONE, NONE, 2L));
    out.add(OpCase.of(two, nhwc(4, 6, 5, 7), f(6, 3, 2, 2), f(3), TWO));
    out.add(OpCase.of("aten.conv_transpose1d.default", f(4, 6, 5), f(6, 3, 2), f(3), longs(2)));
    out.add(
        OpCase.of(
            "aten.conv_transpose1d.default",
            f(4, 6, 5),
            f(6, 3, 4),
            f(3),
            longs(4),
            longs(0),
            longs(1)));
    String three = "aten.conv_transpose3d.input";
    out.add(OpCase.of(three, f(4, 6, 5, 3, 3), f(6, 3, 2, 2, 2), f(3), longs(2, 2, 2)));
    out.add(OpCase.of(three, f(4, 6, 5, 3, 3), f(6, 3, 2, 2, 2), null, longs(2, 2, 2)));
    out.add(OpCase.of(three, f(4, 6, 5, 3, 3), f(6, 3, 1, 1, 1), f(3)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c, Backend.cpu().withOnednn(false));
  }
}
