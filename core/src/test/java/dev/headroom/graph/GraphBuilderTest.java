package dev.headroom.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.tensor.DType;
import org.junit.jupiter.api.Test;

class GraphBuilderTest {
  @Test
  void resultsAreNamedAsTorchExportNamesThem() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.input(DType.FLOAT32, 4);
    String a = g.linear("a", x, 4, 4);
    String r = g.relu(a);
    String b = g.linear("b", r, 4, 4);
    assertThat(new String[] {x, a, r, b}).containsExactly("x", "linear", "relu", "linear_1");
  }

  @Test
  void pathsInAModuleAreRelativeToIt() {
    GraphBuilder g = new GraphBuilder("n", "Net");
    String x = g.input(DType.FLOAT32, 4);
    String y = g.module("layer1.0", "Block", x, in -> g.relu(g.linear("fc", in, 4, 2)));
    Graph graph = g.build(g.relu(y));
    assertThat(graph.inputs().getFirst().path()).isEqualTo("layer1.0.fc.weight");
    assertThat(graph.nodes().stream().map(n -> n.module() + ":" + n.moduleType()))
        .containsExactly("layer1.0.fc:Linear", "layer1.0:Block", ":Net");
  }

  /** What works in place on a second head is no reason for it to get a gradient. */
  @Test
  void aSecondHeadIsNoSourceOfTheFirst() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.input(DType.FLOAT32, 4);
    String trunk = g.linear("trunk", x, 4, 4);
    String written = g.view(trunk, Argument.of(-1L), Argument.of(4L));
    g.reluInPlace("relu", written);
    String head = g.linear("head", trunk, 4, 2);
    g.reluInPlace("relu2", g.linear("second", trunk, 4, 2));
    Graph graph = g.build(head);
    assertThat(
            graph.inputs(Input.Kind.PARAMETER).stream()
                .filter(i -> graph.sources().contains(i.name()))
                .map(Input::path))
        .containsExactlyInAnyOrder("trunk.weight", "trunk.bias", "head.weight", "head.bias");
    assertThat(graph.sources()).contains(written);
  }

  @Test
  void defaultsAtTheEndAreLeftOut() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.input(DType.FLOAT32, 4, 8, 8);
    g.conv2d("plain", x, Conv.of(4, 4, 1).noBias());
    g.conv2d("strided", x, Conv.of(4, 4, 1).noBias().stride(2));
    g.conv2d("depthwise", x, Conv.of(4, 4, 3).padding(1).groups(4));
    assertThat(g.build(x).nodes().stream().map(n -> n.arguments().size())).containsExactly(2, 4, 7);
  }

  @Test
  void parametersComeBeforeBuffersAndInputs() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.batchNorm2d("bn", g.input(DType.FLOAT32, 4, 8, 8), 4);
    assertThat(g.build(x).inputs().stream().map(Input::path))
        .containsExactly(
            "bn.weight",
            "bn.bias",
            "bn.running_mean",
            "bn.running_var",
            "bn.num_batches_tracked",
            "x");
    assertThat(g.build(x).parameterCount()).isEqualTo(8);
  }

  @Test
  void twoModulesOfOnePathAreRefused() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.input(DType.FLOAT32, 4);
    String y = g.linear("fc", g.linear("fc", x, 4, 4), 4, 4);
    assertThatThrownBy(() -> g.build(y))
        .hasMessageContaining("fc.weight")
        .hasMessageContaining("second time");
  }

  @Test
  void groupsThatDoNotDivideTheChannelsAreRefused() {
    assertThatThrownBy(() -> Conv.of(6, 8, 3).groups(4)).hasMessageContaining("4 groups");
  }
}
