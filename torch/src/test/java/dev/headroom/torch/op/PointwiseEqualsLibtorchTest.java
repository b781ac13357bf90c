package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions of each element, arithmetic with broadcasting, comparisons and choices. */
class PointwiseEqualsLibtorchTest {
  private static final List<String> FUNCTIONS =
      List.of(
          "exp",
          "exp2",
          "expm1",
          "log",
          "log2",
          "log10",
          "log1p",
          "sin",
          "cos",
          "tan",
          "sinh",
          "cosh",
          "tanh",
          "atan",
          "sigmoid",
          "sqrt",
          "rsqrt",
          "reciprocal",
          "abs",
          "neg",
          "sign",
          "ceil",
          "floor",
          "round",
          "trunc",
          "erf",
          "erfc",
          "frac",
          "square");

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (String name : FUNCTIONS) {
      out.add(OpCase.of("aten." + name + ".default", f(2, 3, 4)));
      out.add(OpCase.of("aten." + name + "_.default", f(2, 3)));
      out.add(OpCase.of("aten." + name + ".default", nhwc(2, 3, 4, 5)));
    }
    for (String name : List.of("exp", "sigmoid", "sqrt")) {
      out.add(OpCase.of("aten." + name + ".default", of(DType.INT64, 2, 3)).plain());
    }
    for (double exponent : new double[] {2, 3, 0.5, 1, 0, -1}) {
      out.add(OpCase.of("aten.pow.Tensor_Scalar", f(2, 3), exponent));
    }
    out.add(OpCase.of("aten.pow.Tensor_Scalar", f(2, 3), 2L));
    out.add(OpCase.of("aten.pow_.Scalar", f(2, 3), 2L));
    out.add(OpCase.of("aten.pow.Tensor_Tensor", f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.pow.Tensor_Tensor", f(2, 3), f(2, 3).noGrad()));
    out.add(OpCase.of("aten.pow.Tensor_Tensor", f(2, 3), f(3)));
    arithmetic(out);
    comparisons(out);
    choices(out);
    return out.stream();
  }

  private static void arithmetic(List<OpCase> out) {
    for (String op : List.of("mul", "div", "sub")) {
      String name = "aten." + op + ".Tensor";
      String inPlace = "aten." + op + "_.Tensor";
      out.add(OpCase.of(name, f(2, 3), f(2, 3)));
      out.add(OpCase.of(name, f(2, 3), f(2, 3).noGrad()));
      out.add(OpCase.of(name, f(2, 3).noGrad(), f(2, 3)));
      out.add(OpCase.of(name, f(2, 3, 4), f(4)));
      out.add(OpCase.of(name, f(2, 3, 4), f(3, 1)));
      out.add(OpCase.of(name, f(4), f(2, 3, 4)));
      out.add(OpCase.of(name, f(2, 1, 4), f(3, 1)));
      out.add(OpCase.of(name, f(2, 3), f()));
      out.add(OpCase.of(name, nhwc(2, 3, 4, 5), f(3, 1, 1)));
      out.add(OpCase.of(name, nhwc(2, 3, 4, 5), nhwc(2, 3, 4, 5)));
      out.add(OpCase.of(name, nhwc(2, 3, 4, 5), f(2, 3, 4, 5)));
      out.add(OpCase.of(name, f(2, 3, 4, 5), nhwc(2, 3, 4, 5)));
      out.add(OpCase.of(name, f(2, 3), 2.0));
      out.add(OpCase.of(name, f(2, 3), 2L));
      out.add(OpCase.of(name, f(), 2.0));
      out.add(OpCase.of(name, of(DType.INT64, 2, 3), 2L).plain());
      out.add(OpCase.of(name, of(DType.INT64, 2, 3), f(2, 3)));
      out.add(OpCase.of(name, f(2, 3), of(DType.INT64, 3)));
      out.add(OpCase.of(name, of(DType.INT64, 2, 3), 2.5).plain());
      out.add(OpCase.of(name, of(DType.FLOAT64, 2, 3), f(2, 3)));
      out.add(OpCase.of(inPlace, f(2, 3), f(2, 3)));
      out.add(OpCase.of(inPlace, f(2, 3), f(2, 3).noGrad()));
      out.add(OpCase.of(inPlace, f(2, 3), f(3)));
      out.add(OpCase.of(inPlace, f(2, 3), 2.0));
      out.add(OpCase.of(inPlace, f(2, 3).noGrad(), f(2, 1)));
    }
    out.add(OpCase.of("aten.mul.Tensor", f(2, 3), of(DType.BOOL, 2, 3)));
    out.add(OpCase.of("aten.mul.Scalar", f(2, 3), 2.0));
    out.add(OpCase.of("aten.div.Scalar", f(2, 3), 2.0));
    out.add(OpCase.of("aten.sub.Tensor", f(2, 3), f(2, 3), 2.0));
    out.add(OpCase.of("aten.sub.Scalar", f(2, 3), 2.0));
    out.add(OpCase.of("aten.rsub.Scalar", f(2, 3), 1.0));
    out.add(OpCase.of("aten.rsub.Scalar", f(2, 3), 1L, 2L));
    out.add(OpCase.of("aten.maximum.default", f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.minimum.default", f(2, 3), f(3)));
    out.add(OpCase.of("aten.maximum.default", f(2, 3), f(2, 3).noGrad()));
    out.add(OpCase.of("aten.remainder.Scalar", of(DType.INT64, 2, 3), 2L).plain());
    out.add(OpCase.of("aten.floor_divide.default", of(DType.INT64, 2, 3), 2L).plain());
    out.add(OpCase.of("aten.div.Tensor_mode", of(DType.INT64, 2, 3), 2L, "floor").plain());
    out.add(OpCase.of("aten.addcmul.default", f(2, 3), f(2, 3), f(3)));
    out.add(OpCase.of("aten.addcmul.default", f(2, 3), f(2, 3), f(2, 3).noGrad(), 2.0));
    out.add(OpCase.of("aten.addcdiv.default", f(2, 3), f(2, 3), f(3)));
    out.add(OpCase.of("aten.lerp.Scalar", f(2, 3), f(2, 3), 0.3));
    out.add(OpCase.of("aten.lerp.Tensor", f(2, 3), f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.clamp.default", f(2, 3), 0.2, 0.8));
    out.add(OpCase.of("aten.clamp.default", f(2, 3), 0.2));
    out.add(OpCase.of("aten.clamp.default", f(2, 3), null, 0.8));
    out.add(OpCase.of("aten.clamp_.default", f(2, 3), 0.2, 0.8));
    out.add(OpCase.of("aten.clamp_min.default", f(2, 3), 0.2));
    out.add(OpCase.of("aten.clamp_max.default", f(2, 3), 0.2));
    out.add(OpCase.of("aten.clamp_min_.default", f(2, 3), 0.2));
  }

  private static void comparisons(List<OpCase> out) {
    for (String op : List.of("eq", "ne", "lt", "le", "gt", "ge")) {
      out.add(OpCase.of("aten." + op + ".Tensor", f(2, 3), f(3)).plain());
      out.add(OpCase.of("aten." + op + ".Scalar", f(2, 3), 0.5).plain());
      out.add(OpCase.of("aten." + op + ".Scalar", f(2, 3), 1L).plain());
      out.add(OpCase.of("aten." + op + ".Scalar", of(DType.INT64, 2, 3), 0L).plain());
      out.add(OpCase.of("aten." + op + ".Tensor", of(DType.INT64, 2, 3), f(2, 3)).plain());
    }
    out.add(OpCase.of("aten.logical_and.default", of(DType.BOOL, 2, 3), f(3)).plain());
    out.add(OpCase.of("aten.logical_or.default", of(DType.BOOL, 2, 3), of(DType.BOOL, 3)).plain());
    out.add(OpCase.of("aten.logical_not.default", of(DType.BOOL, 2, 3)).plain());
    out.add(OpCase.of("aten.logical_not.default", f(2, 3)).plain());
    out.add(OpCase.of("aten.isnan.default", f(2, 3)).plain());
    out.add(OpCase.of("aten.isinf.default", f(2, 3)).plain());
    out.add(OpCase.of("aten.isfinite.default", f(2, 3)).plain());
    out.add(OpCase.of("aten.bitwise_and.Tensor", of(DType.BOOL, 2, 3), of(DType.BOOL, 3)).plain());
    out.add(OpCase.of("aten.bitwise_not.default", of(DType.BOOL, 2, 3)).plain());
    out.add(OpCase.of("aten.__and__.Tensor", of(DType.BOOL, 2, 3), of(DType.BOOL, 2, 3)).plain());
  }

  private static void choices(List<OpCase> out) {
    Sample mask = of(DType.BOOL, 2, 3);
    out.add(OpCase.of("aten.where.self", mask, f(2, 3), f(2, 3)));
    out.add(OpCase.of("aten.where.self", mask, f(2, 3), f()));
    out.add(OpCase.of("aten.where.self", mask, f(3), f(2, 1)));
    out.add(OpCase.of("aten.where.self", of(DType.BOOL, 2, 1), f(2, 3), f(2, 3).noGrad()));
    out.add(OpCase.of("aten.where.ScalarOther", mask, f(2, 3), 0.0));
    out.add(OpCase.of("aten.where.ScalarSelf", mask, 0.0, f(2, 3)));
    out.add(OpCase.of("aten.where.ScalarOther", mask, f(2, 3), 0L));
    out.add(OpCase.of("aten.where.self", of(DType.BOOL, 1, 1, 4, 4), f(2, 3, 4, 4), f()));
    out.add(OpCase.of("aten.masked_fill.Scalar", f(2, 3), mask, -1.0));
    out.add(OpCase.of("aten.masked_fill.Scalar", f(2, 3, 4, 4), of(DType.BOOL, 4, 4), -1.0));
    out.add(OpCase.of("aten.masked_fill.Scalar", f(3), mask, -1.0));
    out.add(OpCase.of("aten.masked_fill.Tensor", f(2, 3), mask, f().noGrad()));
    out.add(OpCase.of("aten.masked_fill_.Scalar", f(2, 3), mask, -1.0));
    out.add(OpCase.of("aten.masked_fill_.Tensor", f(2, 3), mask, f().noGrad()));
    out.add(OpCase.of("aten.clamp.default", ints(longs(1, 2), 2, 3), 0L, 1L).plain());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
