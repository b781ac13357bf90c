package dev.headroom.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.graph.Init;
import dev.headroom.graph.Input;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our rules against the statistics of the values that PyTorch's and torchvision's constructors
 * really drew: within five standard errors of a sample of that size.
 */
class InitialValuesTest {
  private static final double ERRORS = 5;

  static Stream<ExportedGraphTest.Case> cases() {
    return ExportedGraphTest.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyParameterAndBufferIsDrawnAlike(ExportedGraphTest.Case c) throws Exception {
    Map<String, Input> inputs = new HashMap<>();
    c.build().inputs().forEach(i -> inputs.put(i.path(), i));
    for (String[] row : Exported.initialValues(c.exported())) {
      Input input = inputs.get(row[0]);
      assertThat(input).as(row[0]).isNotNull();
      assertThat(input.dtype().toString()).as(row[0]).isEqualTo(row[2]);
      check(input, Double.parseDouble(row[4]), Double.parseDouble(row[5]), row[6]);
    }
  }

  private static void check(Input input, double mean, double std, String largestText) {
    double n = input.type(1).elements();
    double largest = Double.parseDouble(largestText);
    double expected = deviation(input.init());
    if (input.init() instanceof Init.Constant constant) {
      assertThat(mean).as(input.path()).isCloseTo(constant.value(), within(1e-9));
      assertThat(std).as(input.path()).isZero();
      return;
    }
    if (input.init() instanceof Init.TruncatedNormal cut && largest == cut.bound()) {
      std = withoutInfinities(std, expected, n, cut.bound());
    }
    assertThat(mean).as(input.path()).isCloseTo(0, within(ERRORS * expected / Math.sqrt(n)));
    assertThat(std / expected).as(input.path()).isCloseTo(1, within(ERRORS / Math.sqrt(2 * n)));
    if (input.init() instanceof Init.Uniform uniform) {
      // Rounded to 8 digits in the file.
      assertThat(largest).as(input.path()).isBetween(0.0, uniform.bound() * (1 + 1e-6));
      assertThat(largest).as(input.path()).isGreaterThan(uniform.bound() * (1 - 20 / n));
    } else if (n > 1000) {
      assertThat(largest).as(input.path()).isGreaterThan(2 * expected);
    }
  }

  /**
   * {@code trunc_normal_} inverts the error function in float32: about once in 2^24 draws that is
   * infinite, and cut to the bound a hundred deviations away. Such elements are taken out.
   */
  private static double withoutInfinities(double std, double expected, double n, double bound) {
    long times = Math.round((std * std - expected * expected) * n / (bound * bound));
    assertThat(times).isBetween(1L, 2L);
    return Math.sqrt(std * std - times * bound * bound / n);
  }

  private static double deviation(Init init) {
    return switch (init) {
      case Init.Constant c -> 0;
      case Init.Uniform u -> u.bound() / Math.sqrt(3);
      case Init.Normal n -> n.std();
      // All of them are cut so far out that nothing is lost.
      case Init.TruncatedNormal t -> t.std();
    };
  }
}
