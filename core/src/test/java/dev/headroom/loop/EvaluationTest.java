package dev.headroom.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static List<String> ops(Graph graph) {
    return graph.nodes().stream().map(n -> n.op().replace("aten.", "")).toList();
  }

  @Test
  void batchNormTakesItsRunningStatisticsAndCountsNothing() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.batchNorm2d("bn", g.input(DType.FLOAT32, 4, 8, 8), 4);
    Graph evaluated = Evaluation.of(g.build(g.relu(x)));
    assertThat(ops(evaluated)).containsExactly("batch_norm.default", "relu.default");
    assertThat(evaluated.nodes().getFirst().arguments().get(5)).isEqualTo(Argument.of(false));
    assertThat(evaluated.inputs()).hasSize(6);
  }

  @Test
  void dropoutHandsItsInputOn() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.dropout("drop", g.relu(g.input(DType.FLOAT32, 4)), 0.5);
    Graph evaluated = Evaluation.of(g.build(g.relu(x)));
    assertThat(evaluated.nodes().get(1).arguments())
        .containsExactly(Argument.tensor("relu"), Argument.of(0.5), Argument.of(false));
  }

  @Test
  void stochasticDepthDropsNothing() {
    GraphBuilder g = new GraphBuilder("n");
    String x = g.relu(g.input(DType.FLOAT32, 4));
    String kept =
        g.module(
            "sd",
            "StochasticDepth",
            x,
            in -> {
              String noise = g.empty(g.batch("x"), g.size(1));
              return g.mul(in, g.call("aten.bernoulli_.float", Argument.tensor(noise)));
            });
    Graph evaluated = Evaluation.of(g.build(g.add(kept, x)));
    assertThat(ops(evaluated)).containsExactly("relu.default", "add.Tensor");
    assertThat(evaluated.nodes().get(1).arguments())
        .containsExactly(Argument.tensor("relu"), Argument.tensor("relu"));
  }

  @Test
  void aNetworkWithoutModesStaysTheSame() {
    GraphBuilder g = new GraphBuilder("n");
    Graph graph = g.build(g.linear("fc", g.relu(g.input(DType.FLOAT32, 4)), 4, 2));
    assertThat(Evaluation.of(graph)).isSameAs(graph);
  }
}
