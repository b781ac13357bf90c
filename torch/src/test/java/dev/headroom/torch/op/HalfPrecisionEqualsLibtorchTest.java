package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.engine.Backend;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What kernels of the CPU do in float32 for tensors of bfloat16, as under autocast. */
class HalfPrecisionEqualsLibtorchTest {
  private static Sample b(long... shape) {
    return of(DType.BFLOAT16, shape).wantsGrad();
  }

  private static Sample last(long n, long c, long h, long w) {
    Sample like = nhwc(n, c, h, w);
    TensorType type = new TensorType(DType.BFLOAT16, like.type().shape(), like.type().strides());
    return new Sample(type, true, List.of(), List.of(), false);
  }

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (String sum : List.of("aten.sum.dim_IntList", "aten.mean.dim")) {
      for (List<Long> dims : List.of(longs(0, 2, 3), longs(1, 3), longs(0), longs(2, 3))) {
        out.add(OpCase.of(sum, b(6, 4, 5, 3), dims));
        out.add(OpCase.of(sum, last(6, 4, 5, 3), dims, true));
        out.add(OpCase.of(sum, b(6, 1, 5, 3), dims));
        out.add(OpCase.of(sum, b(1, 4, 5, 3), dims, true));
      }
      out.add(OpCase.of(sum, b(6, 4, 5).swapped(0, 1), longs(1, 2)));
      out.add(OpCase.of(sum, b(6, 4, 6).narrowed(), longs(0, 1)));
    }
    out.add(OpCase.of("aten.sum.default", b(6, 4).swapped(0, 1)));
    // Gradients of what was broadcast are summed.
    out.add(OpCase.of("aten.mul.Tensor", b(6, 4, 5, 3), b(4, 1, 1)));
    out.add(OpCase.of("aten.add.Tensor", b(6, 4, 5), b(1, 4, 1)));
    out.add(OpCase.of("aten.prelu.default", b(6, 4, 5, 3), b(4)));
    for (String conv : List.of("aten.conv2d.default", "aten.conv_transpose2d.input")) {
      out.add(OpCase.of(conv, b(2, 4, 6, 6), b(4, 4, 3, 3), b(4)));
    }
    out.add(
        OpCase.of(
            "aten.conv2d.default",
            b(2, 4, 6, 6),
            b(4, 1, 3, 3),
            b(4),
            longs(1, 1),
            longs(0, 0),
            longs(1, 1),
            4L));
    Sample index = ints(List.of(0L, 2L, 1L), 3, 2);
    out.add(OpCase.of("aten.gather.default", b(3, 4), 1L, index));
    out.add(OpCase.of("aten.scatter.src", b(3, 4), 1L, index, b(3, 2)));
    out.add(OpCase.of("aten.scatter.value", b(3, 4), 1L, index, 0.5));
    out.add(OpCase.of("aten.scatter_add.default", b(3, 4), 1L, index, b(3, 2)));
    out.add(OpCase.of("aten.max.dim", b(3, 4, 2), 1L));
    for (Sample x : List.of(b(2, 4, 3, 3), last(2, 4, 3, 3))) {
      out.add(OpCase.of("aten.group_norm.default", x, 2L));
      out.add(OpCase.of("aten.group_norm.default", x, 2L, b(4), b(4)));
      out.add(OpCase.of("aten.group_norm.default", x, 2L, f(4), f(4)));
    }
    out.add(OpCase.of("aten.add_.Tensor", b(3, 4), f(3, 4)));
    out.add(OpCase.of("aten.mul_.Tensor", b(3, 4), f(1, 4)));
    out.add(OpCase.of("aten.add_.Tensor", f(3, 4), b(3, 4)));
    return out.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equal(OpCase c) {
    Differential.check(c, Backend.cpu().withOnednn(false));
  }

  static Stream<OpCase> gelus() {
    Sample x = f(4, 6, 2);
    Sample turned = x.swapped(0, 1);
    return Stream.of(x, turned).map(s -> OpCase.of("aten.gelu.default", s));
  }

  @ParameterizedTest
  @MethodSource("gelus")
  void geluOfOnednn(OpCase c) {
    Differential.check(c);
  }
}
