package dev.headroom.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which ReLUs may write over their input. */
class InPlaceTest {
  private final GraphBuilder g = new GraphBuilder("n");
  private final String x = g.input(DType.FLOAT32, 4);

  private long inPlace(String output) {
    List<Node> nodes = InPlace.of(g.build(output)).nodes();
    return nodes.stream().filter(n -> n.op().equals("aten.relu_.default")).count();
  }

  @Test
  void afterALinearLayerItMayAndAtTheStartNot() {
    assertThat(inPlace(g.relu(g.linear("fc", g.relu(x), 4, 4)))).isEqualTo(1);
  }

  @Test
  void whatIsUsedAgainStays() {
    String y = g.linear("fc", x, 4, 4);
    assertThat(inPlace(g.add(y, g.relu(y)))).isZero();
  }

  @Test
  void whatBackwardNeedsStays() {
    // relu's own backward reads its result.
    assertThat(inPlace(g.relu(g.relu(g.linear("fc", x, 4, 4))))).isEqualTo(1);
    GraphBuilder pooled = new GraphBuilder("p");
    String image = pooled.input(DType.FLOAT32, 4, 8, 8);
    Graph graph = pooled.build(pooled.relu(pooled.maxPool2d(image, 2)));
    assertThat(InPlace.of(graph)).isSameAs(graph);
  }

  @Test
  void whatEntersABlockStays() {
    String y = g.linear("fc", x, 4, 4);
    String z = g.module("blocks.0", "Block", y, in -> g.relu(g.linear("b", g.relu(in), 4, 4)));
    assertThat(inPlace(z)).isEqualTo(1);
  }
}
