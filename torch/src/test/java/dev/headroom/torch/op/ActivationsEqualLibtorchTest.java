package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.nhwc;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every activation of torch.nn, in place or not, and the softmax family. */
class ActivationsEqualLibtorchTest {
  private static final List<String> BOTH_WAYS =
      List.of(
          "relu",
          "silu",
          "mish",
          "hardswish",
          "hardsigmoid",
          "elu",
          "selu",
          "celu",
          "leaky_relu",
          "hardtanh",
          "sigmoid",
          "tanh",
          "relu6");

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (String name : BOTH_WAYS) {
      out.add(OpCase.of("aten." + name + ".default", f(2, 3, 4)));
      out.add(OpCase.of("aten." + name + ".default", nhwc(2, 3, 4, 5)));
      out.add(OpCase.of("aten." + name + ".default", f(2, 3, 4).swapped(1, 2)));
      out.add(OpCase.of("aten." + name + "_.default", f(2, 3, 4)));
      out.add(OpCase.of("aten." + name + "_.default", nhwc(2, 3, 4, 5)));
    }
    out.add(OpCase.of("aten.threshold.default", f(2, 3), 0.1, 0.5));
    out.add(OpCase.of("aten.threshold_.default", f(2, 3), 0.1, 0.5));
    out.add(OpCase.of("aten.gelu.default", f(2, 3), "none"));
    out.add(OpCase.of("aten.gelu.default", f(2, 3), "tanh"));
    out.add(OpCase.of("aten.gelu.default", nhwc(2, 3, 4, 5), "none"));
    out.add(OpCase.of("aten.softplus.default", f(2, 3)));
    out.add(OpCase.of("aten.softshrink.default", f(2, 3)));
    out.add(OpCase.of("aten.hardshrink.default", f(2, 3)));
    out.add(OpCase.of("aten.log_sigmoid.default", f(2, 3)));
    out.add(OpCase.of("aten.log_sigmoid.default", nhwc(2, 3, 4, 5)));
    out.add(OpCase.of("aten.glu.default", f(2, 6)));
    out.add(OpCase.of("aten.glu.default", f(2, 6, 4), 1L));
    out.add(OpCase.of("aten.glu.default", nhwc(2, 6, 4, 5), 1L));
    out.add(OpCase.of("aten.prelu.default", f(2, 3, 4), f(1)));
    out.add(OpCase.of("aten.prelu.default", f(2, 3, 4), f(3)));
    out.add(OpCase.of("aten.prelu.default", f(2, 3), f(3)));
    out.add(OpCase.of("aten.prelu.default", f(2, 3), f(1).noGrad()));
    out.add(OpCase.of("aten.prelu.default", nhwc(2, 3, 4, 5), f(3)));
    out.add(OpCase.of("aten.rrelu.default", f(2, 3), 0.1, 0.3, true));
    out.add(OpCase.of("aten.rrelu_.default", f(2, 3), 0.1, 0.3, true));
    out.add(OpCase.of("aten.rrelu_.default", f(2, 3), 0.1, 0.3, false));
    out.add(OpCase.of("aten.rrelu.default", f(2, 3), 0.1, 0.3, false));
    for (String name : List.of("softmax", "log_softmax")) {
      out.add(OpCase.of("aten." + name + ".int", f(2, 3, 4), -1L));
      out.add(OpCase.of("aten." + name + ".int", f(2, 3, 4), 1L));
      out.add(OpCase.of("aten." + name + ".int", f(2, 3), 1L, DType.FLOAT64));
      out.add(OpCase.of("aten." + name + ".int", f(2, 3, 4).swapped(1, 2), -1L));
      out.add(OpCase.of("aten." + name + ".int", f(2, 3, 4, 5).swapped(1, 2), 1L));
      out.add(OpCase.of("aten._" + name + ".default", f(2, 3), 1L, false));
    }
    return out.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
