package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Fourier transforms, writing into parts, reductions by index, limits that are tensors. */
class TransformsEqualLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    fourier(out);
    writing(out);
    limits(out);
    return out.stream();
  }

  private static void fourier(List<OpCase> out) {
    Sample real = f(2, 4, 6).noGrad();
    Sample complex = of(DType.COMPLEX64, 2, 4, 4);
    out.add(OpCase.of("aten.fft_rfft.default", real).plain());
    out.add(OpCase.of("aten.fft_rfft.default", real, 8L, 1L).plain());
    out.add(OpCase.of("aten.fft_rfft.default", real, 4L).plain());
    out.add(OpCase.of("aten.fft_rfft2.default", real, null, longs(-2, -1), "ortho").plain());
    out.add(OpCase.of("aten.fft_rfftn.default", real).plain());
    out.add(OpCase.of("aten.fft_fft.default", real).plain());
    out.add(OpCase.of("aten.fft_fft.default", real, null, 1L).plain());
    out.add(OpCase.of("aten.fft_fft2.default", real).plain());
    out.add(OpCase.of("aten.fft_fftn.default", real).plain());
    out.add(OpCase.of("aten.fft_ifft2.default", complex).plain());
    out.add(OpCase.of("aten.fft_ifft.default", complex).plain());
    out.add(OpCase.of("aten.fft_irfft.default", complex).plain());
    out.add(OpCase.of("aten.fft_irfft2.default", complex, longs(4, 6)).plain());
    out.add(OpCase.of("aten.fft_irfft2.default", complex, longs(4, 7)).plain());
    out.add(OpCase.of("aten.fft_irfftn.default", complex).plain());
  }

  private static void writing(List<OpCase> out) {
    Sample index = ints(longs(0, 1, 1, 1), 2, 2);
    for (String reduce : List.of("sum", "mean", "amax", "amin")) {
      for (boolean included : new boolean[] {true, false}) {
        String op = "aten.scatter_reduce.two";
        out.add(OpCase.of(op, f(2, 3), 1L, index, f(2, 2), reduce, included));
        out.add(OpCase.of(op, f(2, 3).noGrad(), 1L, index, f(2, 2), reduce, included));
      }
    }
    out.add(OpCase.of("aten.slice_scatter.default", f(2, 6), f(2, 2), 1L, 0L, 2L));
    out.add(OpCase.of("aten.slice_scatter.default", f(2, 6), f(2, 3), 1L, 0L, 6L, 2L));
    out.add(OpCase.of("aten.slice_scatter.default", f(2, 6).noGrad(), f(2, 6)));
    out.add(OpCase.of("aten.select_scatter.default", f(2, 3), f(2), 1L, 0L));
    out.add(OpCase.of("aten.select_scatter.default", f(2, 3), f(3).noGrad(), 0L, 1L));
  }

  private static void limits(List<OpCase> out) {
    out.add(OpCase.of("aten.clamp.Tensor", f(2, 3), f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.clamp.Tensor", f(2, 3), f(3).noGrad()));
    out.add(OpCase.of("aten.clamp.Tensor", f(2, 3), f(3)));
    out.add(OpCase.of("aten.clamp.Tensor", f(2, 3), null, f(2, 3)));
    out.add(OpCase.of("aten.clamp.Tensor", f(2, 3).noGrad(), f(2, 1), f().noGrad()));
    out.add(OpCase.of("aten.linalg_norm.default", f(2, 3, 4), null, longs(-1), true));
    out.add(OpCase.of("aten.linalg_norm.default", f(2, 3, 4), 1.0, longs(1)));
    out.add(OpCase.of("aten.linalg_norm.default", f(3, 4)));
    out.add(OpCase.of("aten.vdot.default", f(4), f(4)));
    out.add(OpCase.of("aten.vdot.default", f(4), f(4).noGrad()));
    out.add(OpCase.of("aten.mH.default", f(2, 3, 4)));
    out.add(OpCase.of("aten.matrix_H.default", f(3, 4)));
    Sample constant = f(2, 3).noGrad();
    out.add(OpCase.of("aten.div.out", constant, f(2, 1).noGrad(), constant).plain());
    for (String name : List.of("_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa")) {
      out.add(OpCase.of("aten." + name + ".vec", f(2, 3, 8, 6), longs(3, 3), false, null));
      out.add(OpCase.of("aten." + name + ".vec", f(2, 3, 8, 6), longs(8, 3), false, null));
      out.add(OpCase.of("aten." + name + ".vec", f(2, 3, 8, 6), longs(3, 6), true, null));
      out.add(OpCase.of("aten." + name + ".vec", f(2, 3, 4, 4), longs(9, 7), true, null));
      out.add(OpCase.of("aten." + name + ".default", f(2, 3, 8, 6), longs(4, 4), false));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
