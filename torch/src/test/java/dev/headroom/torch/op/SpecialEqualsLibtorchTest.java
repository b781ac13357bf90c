package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions of torch.special, norms of any order, windows, draws, turns, and views by strides. */
class SpecialEqualsLibtorchTest {
  private static final Sample X = f(6, 8);
  private static final Sample DATA = f(6, 8).noGrad();

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    functions(out);
    norms(out);
    reductions(out);
    draws(out);
    turns(out);
    return out.stream();
  }

  private static void functions(List<OpCase> out) {
    for (String name :
        List.of("digamma", "i0", "special_entr", "deg2rad", "rad2deg", "special_psi")) {
      out.add(OpCase.of("aten." + name + ".default", X));
    }
    out.add(OpCase.of("aten.polygamma.default", 1L, X));
    out.add(OpCase.of("aten.round.decimals", X, 1L));
    out.add(OpCase.of("aten.float_power.Tensor_Scalar", X, 2L));
    out.add(OpCase.of("aten.ldexp.Tensor", X, ints(longs(1, 2), 8)));
    out.add(OpCase.of("aten.copysign.Tensor", X, f(8)));
    out.add(OpCase.of("aten.copysign.Scalar", X, 1.0));
    out.add(OpCase.of("aten.heaviside.default", DATA, f(8).noGrad()).plain());
    out.add(OpCase.of("aten.nextafter.default", DATA, f(8).noGrad()).plain());
  }

  private static void norms(List<OpCase> out) {
    for (double order : new double[] {0, 0.5, 1.5, 3}) {
      ofOrder(out, order);
    }
    Sample half = Sample.of(DType.BFLOAT16, 6, 8).wantsGrad();
    for (double order : new double[] {1, 2, 3}) {
      String norm = "aten.linalg_vector_norm.default";
      out.add(OpCase.of(norm, half, order, longs(1), false, DType.FLOAT32));
      out.add(OpCase.of(norm, X, order, longs(1), false, DType.FLOAT64));
      out.add(OpCase.of("aten.norm.ScalarOpt_dtype", half, order, DType.FLOAT32));
      out.add(
          OpCase.of("aten.norm.ScalarOpt_dim_dtype", half, order, longs(1), true, DType.FLOAT32));
    }
    for (double order : new double[] {1.5, 2, 3}) {
      out.add(OpCase.of("aten.dist.default", X, f(8), order));
    }
    out.add(OpCase.of("aten.linalg_matrix_norm.str_ord", X));
    out.add(OpCase.of("aten.frobenius_norm.dim", f(2, 3, 4), longs(1, 2)));
  }

  private static void ofOrder(List<OpCase> out, double order) {
    out.add(OpCase.of("aten.linalg_vector_norm.default", X, order, longs(1)));
    out.add(OpCase.of("aten.linalg_vector_norm.default", X, order, longs(0), true));
  }

  /** Numbers that JSON does not have. */
  static Stream<OpCase> infinite() {
    List<OpCase> out = new ArrayList<>();
    ofOrder(out, Double.POSITIVE_INFINITY);
    ofOrder(out, Double.NEGATIVE_INFINITY);
    return out.stream();
  }

  private static void reductions(List<OpCase> out) {
    for (String name : List.of("nansum", "nanmean")) {
      out.add(OpCase.of("aten." + name + ".default", X));
      out.add(OpCase.of("aten." + name + ".default", X, longs(1)));
      out.add(OpCase.of("aten." + name + ".default", X, longs(0), true));
    }
    out.add(OpCase.of("aten.count_nonzero.default", DATA).plain());
    out.add(OpCase.of("aten.count_nonzero.dim_IntList", DATA, longs(1)).plain());
    out.add(OpCase.of("aten.aminmax.default", DATA, 1L).plain());
  }

  private static void draws(List<OpCase> out) {
    for (Sample weights : List.of(DATA, f(8).noGrad())) {
      out.add(OpCase.of("aten.multinomial.default", weights, 1L).plain());
      out.add(OpCase.of("aten.multinomial.default", weights, 2L).plain());
      out.add(OpCase.of("aten.multinomial.default", weights, 1L, true).plain());
    }
    out.add(OpCase.of("aten.normal.Tensor_float", X, 1.0));
    out.add(OpCase.of("aten.normal.float_Tensor", 1.0, DATA).plain());
    out.add(OpCase.of("aten.normal.Tensor_Tensor", X, f(6, 8)));
    out.add(OpCase.of("aten.randint_like.default", DATA, 3L).plain());
    out.add(OpCase.of("aten.tril_indices.default", 8L, 8L).plain());
    out.add(OpCase.of("aten.tril_indices.default", 5L, 8L, -1L).plain());
    out.add(OpCase.of("aten.triu_indices.default", 8L, 5L, 1L).plain());
    out.add(OpCase.of("aten.logspace.default", 0.0, 1.0, 8L).plain());
    out.add(OpCase.of("aten.hann_window.default", 8L).plain());
    out.add(OpCase.of("aten.hamming_window.periodic", 8L, false).plain());
  }

  private static void turns(List<OpCase> out) {
    for (long quarters = 0; quarters < 4; quarters++) {
      out.add(OpCase.of("aten.rot90.default", X, quarters));
      out.add(OpCase.of("aten.rot90.default", f(2, 3, 4).swapped(0, 2), quarters, longs(1, 2)));
    }
    out.add(OpCase.of("aten.fft_fftshift.default", X));
    out.add(OpCase.of("aten.fft_ifftshift.default", X, longs(1)));
    out.add(OpCase.of("aten.as_strided.default", X, longs(2, 4), longs(8, 2)));
    out.add(OpCase.of("aten.as_strided.default", X, longs(6, 4), longs(8, 1), 2L));
    out.add(OpCase.of("aten.hsplit.int", X, 2L).losing(0, 1));
    out.add(OpCase.of("aten.vsplit.array", X, longs(2, 3)).losing(0, 2));
    out.add(OpCase.of("aten.cartesian_prod.default", List.of(f(6), f(4))));
  }

  @ParameterizedTest
  @MethodSource({"cases", "infinite"})
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
