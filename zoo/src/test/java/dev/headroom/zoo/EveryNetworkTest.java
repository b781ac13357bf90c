package dev.headroom.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Timeline;
import dev.headroom.op.Operators;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every built-in network. */
class EveryNetworkTest {
  static List<String> names() {
    return Zoo.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isPlannedAndGrowsWithTheBatch(String name) {
    Graph graph = Zoo.build(name, Options.none());
    for (Node node : graph.nodes()) {
      boolean known = node.op().contains("sym_size") || node.op().startsWith("_operator.");
      assertThat(known || Operators.supported().contains(node.op())).as(node.op()).isTrue();
    }
    Timeline one = timeline(graph, 1);
    Timeline two = timeline(graph, 2);
    assertThat(one.bytes(Category.PARAMETER)).isEqualTo(4 * graph.parameterCount());
    assertThat(two.bytes(Category.ACTIVATION)).isGreaterThan(one.bytes(Category.ACTIVATION));
    assertThat(two.peak(2).liveBytes()).isGreaterThan(one.peak(2).liveBytes());
  }

  private static Timeline timeline(Graph graph, long batch) {
    // The LSTM's rule is that of the plain kernels.
    Backend plain = Backend.cpu().withOnednn(false);
    Recipe recipe = Recipe.of(Optimizer.SGD);
    return new Timeline(PaperTraining.ledger(graph, recipe, plain, List.of(batch, batch), 0));
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18, 8",
    "resnet50, 16",
    "mobilenet_v2, 19",
    "vit_b_16, 12",
    "convnext_tiny, 8",
    "gpt, 4"
  })
  void blocksAreFoundForCheckpointing(String name, int blocks) {
    assertThat(Blocks.of(Zoo.build(name, Options.none()))).hasSize(blocks);
  }

  @Test
  void unknownNamesAndSettingsAreRefused() {
    assertThatThrownBy(() -> Zoo.build("nosuch", Options.none()))
        .isInstanceOf(ZooException.class)
        .hasMessageContaining("nosuch");
    assertThatThrownBy(() -> Zoo.build("resnet18", Options.none().with("layers", 3)))
        .isInstanceOf(ZooException.class)
        .hasMessageContaining("--layers");
  }
}
