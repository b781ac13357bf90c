package dev.headroom.app.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.app.InputException;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Init;
import dev.headroom.graph.Input;
import dev.headroom.graph.Input.Kind;
import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which samples of a network are images of a set. */
class TrainingDataTest {
  @ParameterizedTest
  @CsvSource({
    "mnist, 1x28x28, true",
    "mnist, 28x28, true", // the rows of an image, as a recurrent network reads it
    "mnist, 784, true",
    "mnist, 1x784, true",
    "mnist, 14x56, false",
    "mnist, 4x14x14, false",
    "cifar10, 3x32x32, true",
    "cifar10, 3072, true",
    "cifar10, 32x32x3, false",
    "cifar10, 3x1024, false",
  })
  void sizesOfOneAside(String data, String sample, boolean fits) {
    List<Dim> shape = new ArrayList<>(List.of(Dim.BATCH));
    for (String size : sample.split("x")) {
      shape.add(Dim.of(Long.parseLong(size)));
    }
    Input input = new Input("x", Kind.USER, "x", DType.FLOAT32, shape, Init.zeros());
    Graph graph = new Graph("net", List.of(input), List.of(), List.of("x"));
    TrainingData set = TrainingData.named(data);
    if (fits) {
      assertThatCode(() -> set.check(graph)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> set.check(graph))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("an image of " + data + " is");
    }
  }
}
