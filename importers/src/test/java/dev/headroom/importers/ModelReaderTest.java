package dev.headroom.importers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.tensor.DType;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Graphs that PyTorch exported, read whole. */
class ModelReaderTest {
  static Path export(String file) throws Exception {
    return Path.of(ModelReaderTest.class.getResource("/export/" + file).toURI());
  }

  private static Graph read(String model) throws Exception {
    return NetworkFiles.read(export(model + ".model.json.gz"), null).graph();
  }

  private static List<String> models() throws Exception {
    try (Stream<Path> files = Files.list(export("op_table.csv").getParent())) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".model.json.gz"))
          .map(f -> f.replace(".model.json.gz", ""))
          .sorted()
          .toList();
    }
  }

  @Test
  void everyOperatorIsThereAsOftenAsTheTableSays() throws Exception {
    Map<String, Integer> counts = new HashMap<>();
    assertThat(models()).hasSize(12);
    for (String model : models()) {
      for (Node node : read(model).nodes()) {
        counts.merge(node.op(), 1, Integer::sum);
      }
    }
    Map<String, Integer> expected = new HashMap<>();
    try (BufferedReader table = Files.newBufferedReader(export("op_table.csv"))) {
      table
          .lines()
          .skip(1)
          .map(l -> l.split(","))
          .forEach(c -> expected.put(c[0], Integer.valueOf(c[1])));
    }
    assertThat(counts).isEqualTo(expected);
  }

  @Test
  void theBatchIsTheFirstSizeOfTheInput() throws Exception {
    for (String model : models()) {
      Graph graph = read(model);
      List<Input> inputs = graph.inputs(Input.Kind.USER);
      assertThat(inputs).hasSize(1);
      assertThat(inputs.getFirst().shape().getFirst()).isEqualTo(Dim.BATCH);
      assertThat(graph.ownBatch()).isEmpty();
    }
    Input tokens = read("gpt_tied").inputs(Input.Kind.USER).getFirst();
    assertThat(tokens.dtype()).isEqualTo(DType.INT64);
    assertThat(tokens.shapeText()).isEqualTo("B x 128");
  }

  @Test
  void parametersBuffersAndModulesHaveTheirNames() throws Exception {
    Graph cnn = read("smallcnn");
    assertThat(cnn.parameterCount()).isEqualTo(545_290);
    assertThat(cnn.inputs(Input.Kind.BUFFER))
        .extracting(Input::path)
        .contains("features.1.running_mean", "features.5.num_batches_tracked");
    Node conv = cnn.nodes().getFirst();
    assertThat(conv.module()).isEqualTo("features.0");
    assertThat(conv.moduleType()).isEqualTo("Conv2d");
    assertThat(conv.arguments().get(4)).isEqualTo(Argument.ints(1, 1));
  }

  @Test
  void aPlainFileIsReadLikeAGzippedOne() throws IOException, Exception {
    Path plain = Files.createTempFile("model", ".json");
    try (var in =
        new java.util.zip.GZIPInputStream(Files.newInputStream(export("lenet5.model.json.gz")))) {
      Files.write(plain, in.readAllBytes());
    }
    assertThat(NetworkFiles.read(plain, null).graph().nodes()).isEqualTo(read("lenet5").nodes());
    Files.delete(plain);
  }
}
