package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Scaled and composed products of matrices and vectors, and diagonals. */
class MatricesEqualLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    products(out);
    diagonals(out);
    return out.stream();
  }

  private static void products(List<OpCase> out) {
    out.add(OpCase.of("aten.addmv.default", f(6), f(6, 8), f(8)));
    out.add(OpCase.of("aten.addmv.default", f(6), f(6, 8), f(8), 0.5, 2.0));
    out.add(OpCase.of("aten.addmv.default", f(6).noGrad(), f(6, 8).noGrad(), f(8)));
    out.add(OpCase.of("aten.addr.default", f(6, 8), f(6), f(8)));
    out.add(OpCase.of("aten.addr.default", f(6, 8), f(6), f(8), 0.5, 2.0));
    out.add(OpCase.of("aten.addr.default", f(6, 8), f(6).noGrad(), f(8)));
    out.add(OpCase.of("aten.addbmm.default", f(8, 7), f(6, 8, 2), f(6, 2, 7)));
    out.add(OpCase.of("aten.addbmm.default", f(8, 7), f(6, 8, 2), f(6, 2, 7), 0.5, 2.0));
    out.add(OpCase.of("aten.mv.default", f(6, 8), f(8)));
    out.add(OpCase.of("aten.mv.default", f(8, 6).swapped(0, 1), f(8)));
    out.add(OpCase.of("aten.inner.default", f(6, 8), f(5, 8)));
    out.add(OpCase.of("aten.inner.default", f(8), f(8)));
    out.add(OpCase.of("aten.kron.default", f(6, 8), f(2, 3)));
    out.add(OpCase.of("aten.kron.default", f(8), f(2, 3)));
    for (String name : List.of("linalg_multi_dot", "chain_matmul")) {
      String op = "aten." + name + ".default";
      out.add(OpCase.of(op, List.of(f(6, 8), f(8, 5))));
      out.add(OpCase.of(op, List.of(f(6, 8), f(8, 5), f(5, 7))));
      out.add(OpCase.of(op, List.of(f(6, 2), f(2, 5), f(5, 7))));
      out.add(OpCase.of(op, List.of(f(6, 2), f(2, 9), f(9, 3), f(3, 7))));
    }
    out.add(OpCase.of("aten.linalg_cross.default", f(6, 3), f(6, 3)));
    out.add(OpCase.of("aten.cross.default", f(6, 3), f(1, 3), 1L));
  }

  private static void diagonals(List<OpCase> out) {
    out.add(OpCase.of("aten.trace.default", f(6, 8)));
    out.add(OpCase.of("aten.diag.default", f(6)));
    out.add(OpCase.of("aten.diag.default", f(6), -2L));
    out.add(OpCase.of("aten.diag.default", f(6, 8), 3L));
    out.add(OpCase.of("aten.diag_embed.default", f(6, 8)));
    out.add(OpCase.of("aten.diag_embed.default", f(6, 8), 1L, 0L, 2L));
    out.add(OpCase.of("aten.diagonal_scatter.default", f(6, 8), f(6)));
    out.add(OpCase.of("aten.diagonal_scatter.default", f(6, 8), f(5), -1L));
    out.add(OpCase.of("aten.block_diag.default", List.of(f(6, 8), f(2, 3), f(4))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
