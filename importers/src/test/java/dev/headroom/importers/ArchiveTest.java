package dev.headroom.importers;

import static dev.headroom.importers.ModelReaderTest.export;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole archives, with their weights. */
class ArchiveTest {
  @TempDir Path folder;

  private static float[] values(ImportedModel model, String path) {
    Input input =
        model.graph().inputs().stream()
            .filter(i -> i.path().equals(path))
            .findFirst()
            .orElseThrow();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(input.type(1).bytes());
      model.weights().copy(input, target);
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void storedWeightsAreWhatPyTorchWrote() throws Exception {
    ImportedModel model = NetworkFiles.read(export("mlp_784_128_10.stored.pt2"), null);
    JsonNode expected =
        new ObjectMapper().readTree(export("mlp_784_128_10.stored.values.json").toFile());
    float[] bias = values(model, "fc2.bias");
    assertThat(bias).hasSize(10);
    for (int i = 0; i < bias.length; i++) {
      assertThat(bias[i]).isEqualTo((float) expected.path("fc2.bias").get(i).asDouble());
    }
    float[] weight = values(model, "fc1.weight");
    for (int i = 0; i < 4; i++) {
      assertThat(weight[i]).isEqualTo((float) expected.path("fc1.weight[0][:4]").get(i).asDouble());
    }
    double sum = 0;
    for (float w : weight) {
      sum += w;
    }
    assertThat(sum).isCloseTo(expected.path("fc1.weight sum (double)").asDouble(), within(1e-9));
    assertThat(model.notes()).isEmpty();
  }

  @Test
  void packedWeightsGiveTheSameGraph() throws Exception {
    Graph stored = NetworkFiles.read(export("mlp_784_128_10.stored.pt2"), null).graph();
    ImportedModel packed = NetworkFiles.read(export("mlp_784_128_10.pt2"), null);
    assertThat(packed.graph().nodes()).isEqualTo(stored.nodes());
    assertThat(packed.graph().inputs()).isEqualTo(stored.inputs());
    assertThat(values(packed, "fc1.weight")).hasSize(100_352).containsOnly(0f);
  }

  /** As torch.export.save writes where an entry or the archive passes 4 GiB. */
  @ParameterizedTest
  @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
  void zip64(int method) throws Exception {
    Path small = export("mlp_784_128_10.pt2");
    Path large = folder.resolve("large.pt2");
    try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(large)) {
      out.setUseZip64(Zip64Mode.Always);
      for (Map.Entry<String, byte[]> e : Zips.read(small).entrySet()) {
        ZipArchiveEntry entry = new ZipArchiveEntry(e.getKey());
        entry.setMethod(method);
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(e.getValue().length);
        out.putArchiveEntry(entry);
        out.write(e.getValue());
        out.closeArchiveEntry();
      }
    }
    // The field of ZIP64 (tag 1) in the first entry's header, its 32-bit sizes all ones.
    byte[] head = Arrays.copyOf(Files.readAllBytes(large), 30);
    assertThat(Arrays.copyOfRange(head, 22, 26)).containsOnly(0xff);
    ImportedModel model = NetworkFiles.read(large, null);
    assertThat(model.graph().nodes()).isEqualTo(NetworkFiles.read(small, null).graph().nodes());
    assertThat(values(model, "fc1.weight"))
        .isEqualTo(values(NetworkFiles.read(small, null), "fc1.weight"));
  }

  @Test
  void tiedWeightsAreOneTensor() throws Exception {
    Graph graph = NetworkFiles.read(export("gpt_tied.pt2"), null).graph();
    Input head =
        graph.inputs().stream()
            .filter(i -> i.path().equals("head.weight"))
            .findFirst()
            .orElseThrow();
    assertThat(head.tiedTo()).isEqualTo("p_tok_weight");
    assertThat(graph.parameterCount()).isEqualTo(3_448_320);
  }

  @Test
  void oneOfSeveralModelsIsChosenByName() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>(Zips.read(export("lenet5.pt2")));
    Map<String, byte[]> mlp = Zips.read(export("mlp_784_128_10.pt2"));
    entries.put("x/models/other.json", mlp.get("mlp_784_128_10/models/model.json"));
    entries.replaceAll((name, bytes) -> bytes);
    Map<String, byte[]> renamed = new LinkedHashMap<>();
    entries.forEach((name, bytes) -> renamed.put("x" + name.substring(name.indexOf('/')), bytes));
    String config =
        new String(mlp.get("mlp_784_128_10/data/weights/model_weights_config.json"), "UTF-8")
            .replace("weight_", "weight_1000");
    renamed.put("x/data/weights/other_weights_config.json", config.getBytes("UTF-8"));
    for (int i = 0; i < 4; i++) {
      renamed.put(
          "x/data/weights/weight_1000" + i, mlp.get("mlp_784_128_10/data/weights/weight_" + i));
    }
    Path file = Zips.write(folder.resolve("two.pt2"), renamed);

    ImportedModel first = NetworkFiles.read(file, null);
    assertThat(first.graph().nodes()).hasSize(12);
    assertThat(first.notes().getFirst()).contains("2 models (model, other)").contains("--model");
    assertThat(NetworkFiles.read(file, "other").graph().nodes()).hasSize(3);
    assertThatThrownBy(() -> NetworkFiles.read(file, "third"))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("has no model 'third'. It has: model, other.");
  }

  @Test
  void aFileForOneBatchKnowsIt() throws Exception {
    Path file =
        Zips.edit(
            export("mlp_784_128_10.pt2"),
            folder.resolve("fixed.pt2"),
            "models/model.json",
            text ->
                text.replaceAll(
                    "\\{\"as_expr\": \\{\"expr_str\": \"Symbol\\('s77', positive=True,"
                        + " integer=True\\)\", \"hint\": \\{\"as_int\": 64\\}\\}\\}",
                    "{\"as_int\": 64}"));
    Graph graph = NetworkFiles.read(file, null).graph();
    assertThat(graph.ownBatch()).hasValue(64);
    assertThat(graph.inputs(Input.Kind.USER).getFirst().shape().getFirst()).isEqualTo(Dim.of(64));
  }
}
