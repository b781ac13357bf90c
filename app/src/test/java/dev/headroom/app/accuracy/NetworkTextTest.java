package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.plan.GpuRun;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A network in a line per call must come back the same, and need the same memory. */
class NetworkTextTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "mobilenet_v2", "vit_b_16", "convnext_tiny", "lstm", "lenet"})
  void comesBackTheSame(String name) {
    Graph graph = withoutNames(Zoo.build(name, Options.none()));
    List<String> lines = NetworkTextWriter.lines(graph);
    Graph read = NetworkText.read(name, lines);
    assertThat(NetworkTextWriter.lines(read)).isEqualTo(lines);
    assertThat(read.parameterCount()).isEqualTo(graph.parameterCount());
    GpuRun before = GpuRun.of(MaxBatchSection.question(graph), 2, 1L << 40);
    GpuRun after = GpuRun.of(MaxBatchSection.question(read), 2, 1L << 40);
    assertThat(after.ledger().size()).isEqualTo(before.ledger().size());
    assertThat(after.peakAllocatedBytes()).isEqualTo(before.peakAllocatedBytes());
    assertThat(after.peakReservedBytes()).isEqualTo(before.peakReservedBytes());
  }

  @Test
  void aBufferInAnotherOrderComesBackSo() {
    List<String> lines = List.of("B FLOAT32 49,2 1,49", "U FLOAT32 B,2", "relu tb", "= 1");
    Graph read = NetworkText.read("net", lines);
    assertThat(read.inputs().getFirst().type(1))
        .isEqualTo(new TensorType(DType.FLOAT32, List.of(49L, 2L), List.of(1L, 49L)));
    assertThat(read.inputs().get(1).type(3).isContiguous()).isTrue();
    assertThat(NetworkTextWriter.lines(read)).isEqualTo(lines);
  }

  /** The format keeps no modules and no paths. */
  private static Graph withoutNames(Graph graph) {
    return new Graph(
        graph.name(),
        graph.inputs().stream()
            .map(i -> new Input(i.name(), i.kind(), i.name(), i.dtype(), i.shape(), i.init()))
            .toList(),
        graph.nodes().stream()
            .map(n -> new Node(n.op(), n.arguments(), n.keywords(), n.outputs(), "", ""))
            .toList(),
        graph.outputs());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "P FLOAT99 3",
        "relu t9",
        "relu q1",
        "P FLOAT32 x",
        "P FLOAT32 3,4 1",
        "add.Tensor tp"
      })
  void aBadLineIsNamed(String bad) {
    List<String> lines = new ArrayList<>(List.of("U FLOAT32 B,3", bad));
    assertThatThrownBy(() -> NetworkText.read("net", lines))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("net: '" + bad + "'");
  }
}
