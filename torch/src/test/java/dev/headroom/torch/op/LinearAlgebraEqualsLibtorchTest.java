package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.longs;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Inverses, systems of equations, Cholesky's factors, determinants and powers of matrices. */
class LinearAlgebraEqualsLibtorchTest {
  /** Symmetric and positive definite, as many as wanted. */
  private static Sample definite(long... shape) {
    List<Long> values = longs(4, 1, 0, 0, 1, 4, 1, 0, 0, 1, 4, 1, 0, 0, 1, 4);
    return new Sample(TensorType.of(DType.FLOAT32, shape), true, values, List.of(), false);
  }

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (Sample a : List.of(definite(4, 4), definite(2, 4, 4), definite(4, 4).swapped(0, 1))) {
      for (String name :
          List.of("linalg_inv", "inverse", "linalg_cholesky", "cholesky", "logdet")) {
        out.add(OpCase.of("aten." + name + ".default", a));
      }
      out.add(OpCase.of("aten.linalg_cholesky.default", a, true));
      out.add(OpCase.of("aten.linalg_slogdet.default", a).losing(1));
      out.add(OpCase.of("aten.slogdet.default", a).losing(0, 1));
    }
    solving(out);
    for (long exponent = 1; exponent < 7; exponent++) {
      out.add(OpCase.of("aten.linalg_matrix_power.default", f(4, 4), exponent));
    }
    return out.stream();
  }

  private static void solving(List<OpCase> out) {
    String solve = "aten.linalg_solve.default";
    Sample a = definite(4, 4);
    out.add(OpCase.of(solve, a, f(4, 3)));
    out.add(OpCase.of(solve, a, f(4)));
    out.add(OpCase.of(solve, a, f(4, 3).noGrad()));
    out.add(OpCase.of(solve, a.noGrad(), f(4, 3)));
    out.add(OpCase.of(solve, a.swapped(0, 1), f(3, 4).swapped(0, 1)));
    out.add(OpCase.of(solve, definite(2, 4, 4), f(2, 4, 3)));
    out.add(OpCase.of(solve, definite(2, 4, 4), f(2, 4)));
    String triangular = "aten.linalg_solve_triangular.default";
    out.add(OpCase.of(triangular, a, f(4, 3), true));
    out.add(OpCase.of(triangular, a, f(3, 4), false, false));
    out.add(OpCase.of(triangular, a.noGrad(), f(4, 3), false));
    out.add(OpCase.of(triangular, a, f(4, 3).noGrad(), false));
    out.add(OpCase.of(triangular, definite(2, 4, 4), f(2, 4, 3), false));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
