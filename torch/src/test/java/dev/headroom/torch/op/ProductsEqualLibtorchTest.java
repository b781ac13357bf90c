package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products of every kind, attention by hand, einsum and bilinear. */
class ProductsEqualLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    out.add(OpCase.of("aten.linear.default", f(2, 3), f(4, 3), f(4)));
    out.add(OpCase.of("aten.linear.default", f(2, 3), f(4, 3)));
    out.add(OpCase.of("aten.linear.default", f(2, 5, 3), f(4, 3), f(4)));
    out.add(OpCase.of("aten.linear.default", f(2, 5, 3), f(4, 3)));
    out.add(OpCase.of("aten.linear.default", f(2, 3, 5).swapped(1, 2), f(4, 3), f(4)));
    out.add(OpCase.of("aten.linear.default", f(2, 5, 6, 3), f(4, 3), f(4)));
    out.add(OpCase.of("aten.linear.default", f(3), f(4, 3), f(4)));
    out.add(OpCase.of("aten.linear.default", f(2, 3).noGrad(), f(4, 3), f(4)));
    out.add(OpCase.of("aten.linear.default", f(2, 3), f(4, 3).noGrad(), f(4)));
    out.add(OpCase.of("aten.mm.default", f(2, 3), f(3, 4)));
    out.add(OpCase.of("aten.mm.default", f(2, 3), f(4, 3).swapped(0, 1)));
    out.add(OpCase.of("aten.mm.default", f(3, 2).swapped(0, 1), f(3, 4)));
    out.add(OpCase.of("aten.addmm.default", f(4), f(2, 3), f(3, 4)));
    out.add(OpCase.of("aten.addmm.default", f(2, 4), f(2, 3), f(3, 4)));
    out.add(OpCase.of("aten.addmm.default", f(2, 4), f(2, 3), f(3, 4), 0.5, 2.0));
    out.add(OpCase.of("aten.bmm.default", f(2, 3, 4), f(2, 4, 5)));
    out.add(OpCase.of("aten.bmm.default", f(2, 3, 4), f(2, 5, 4).swapped(1, 2)));
    out.add(OpCase.of("aten.bmm.default", f(2, 4, 3).swapped(1, 2), f(2, 4, 5)));
    out.add(OpCase.of("aten.baddbmm.default", f(2, 3, 5), f(2, 3, 4), f(2, 4, 5)));
    out.add(OpCase.of("aten.baddbmm.default", f(5), f(2, 3, 4), f(2, 4, 5), 1.0, 0.5));
    out.add(
        OpCase.of(
            "aten.baddbmm.default", f(2, 1, 5), f(2, 3, 4), f(2, 5, 4).swapped(1, 2), 0.5, 0.5));
    out.add(OpCase.of("aten.mv.default", f(2, 3), f(3)));
    out.add(OpCase.of("aten.dot.default", f(3), f(3)));
    out.add(OpCase.of("aten.outer.default", f(2), f(3)));
    out.add(OpCase.of("aten.matmul.default", f(2, 3), f(3, 4)));
    out.add(OpCase.of("aten.matmul.default", f(3), f(3)));
    out.add(OpCase.of("aten.matmul.default", f(2, 3), f(3)));
    out.add(OpCase.of("aten.matmul.default", f(3), f(3, 4)));
    out.add(OpCase.of("aten.matmul.default", f(2, 5, 3), f(3, 4)));
    out.add(OpCase.of("aten.matmul.default", f(2, 5, 3), f(3)));
    out.add(OpCase.of("aten.matmul.default", f(5, 3), f(2, 3, 4)));
    out.add(OpCase.of("aten.matmul.default", f(2, 3, 4), f(2, 4, 5)));
    out.add(OpCase.of("aten.matmul.default", f(2, 3, 4), f(2, 5, 4).swapped(1, 2)));
    out.add(OpCase.of("aten.matmul.default", f(2, 3, 4, 5), f(2, 3, 5, 6)));
    out.add(
        OpCase.of(
            "aten.matmul.default",
            f(2, 4, 3, 5).swapped(1, 2),
            f(2, 3, 6, 5).swapped(2, 3).noGrad()));
    out.add(OpCase.of("aten.matmul.default", f(2, 3, 4, 5), f(1, 3, 5, 6)));
    out.add(OpCase.of("aten.matmul.default", f(2, 3, 4, 5), f(5, 6).noGrad()));
    out.add(OpCase.of("aten.einsum.default", "bij,bjk->bik", List.of(f(2, 3, 4), f(2, 4, 5))));
    out.add(OpCase.of("aten.einsum.default", "ij,jk->ik", List.of(f(3, 4), f(4, 5))));
    out.add(
        OpCase.of("aten.einsum.default", "bhid,bhjd->bhij", List.of(f(2, 3, 4, 5), f(2, 3, 6, 5))));
    out.add(
        OpCase.of("aten.einsum.default", "bhij,bhjd->bhid", List.of(f(2, 3, 4, 6), f(2, 3, 6, 5))));
    out.add(OpCase.of("aten.einsum.default", "bnd,dk->bnk", List.of(f(2, 3, 4), f(4, 5))));
    out.add(OpCase.of("aten.einsum.default", "i,j->ij", List.of(f(3), f(4))));
    out.add(OpCase.of("aten.einsum.default", "bcd->bdc", List.of(f(2, 3, 4))));
    out.add(OpCase.of("aten.einsum.default", "bcd->bd", List.of(f(2, 3, 4))));
    out.add(OpCase.of("aten.einsum.default", "bi,bi->b", List.of(f(2, 3), f(2, 3))));
    out.add(OpCase.of("aten.einsum.default", "bi,bi->bi", List.of(f(2, 3), f(2, 3))));
    out.add(
        OpCase.of("aten.einsum.default", "bnhd,bmhd->bhnm", List.of(f(2, 4, 3, 5), f(2, 6, 3, 5))));
    out.add(OpCase.of("aten.bilinear.default", f(2, 3), f(2, 4), f(5, 3, 4), f(5)));
    out.add(OpCase.of("aten.bilinear.default", f(2, 3), f(2, 4), f(5, 3, 4)));
    out.add(OpCase.of("aten.bilinear.default", f(2, 6, 3), f(2, 6, 4), f(5, 3, 4), f(5)));
    out.add(OpCase.of("aten.bilinear.default", f(3, 2).swapped(0, 1), f(2, 4), f(5, 3, 4)));
    Sample q = f(2, 3, 4, 8);
    out.add(
        OpCase.of("aten.scaled_dot_product_attention.default", q, f(2, 3, 6, 8), f(2, 3, 6, 8)));
    out.add(
        OpCase.of(
            "aten.scaled_dot_product_attention.default",
            q,
            f(2, 3, 4, 8),
            f(2, 3, 4, 8),
            null,
            0.0,
            true));
    out.add(
        OpCase.of(
            "aten.scaled_dot_product_attention.default",
            q,
            f(2, 3, 4, 8),
            f(2, 3, 4, 8),
            f(4, 4).noGrad()));
    out.add(
        OpCase.of(
            "aten.scaled_dot_product_attention.default",
            q,
            f(2, 3, 4, 8),
            f(2, 3, 4, 8),
            of(DType.BOOL, 2, 1, 4, 4)));
    return out.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
