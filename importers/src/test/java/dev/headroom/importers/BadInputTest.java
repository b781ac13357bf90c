package dev.headroom.importers;

import static dev.headroom.importers.ModelReaderTest.export;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.headroom.graph.Input;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which a file can be wrong: one message that says what, where, and what to do. */
class BadInputTest {
  private static final String MODEL = "models/model.json";
  private static final String CONFIG = "data/weights/model_weights_config.json";

  @TempDir Path folder;

  private Path file(byte[] bytes) throws Exception {
    return Files.write(folder.resolve("net.pt2"), bytes);
  }

  /** What reading the MLP says when one text in it is changed. */
  private String changed(String entry, UnaryOperator<String> change) throws Exception {
    Path file = Zips.edit(export("mlp_784_128_10.pt2"), folder.resolve("net.pt2"), entry, change);
    return message(file);
  }

  private static String message(Path file) {
    ImportException e =
        catchThrowableOfType(ImportException.class, () -> NetworkFiles.read(file, null));
    assertThat(e).as("nothing was refused").isNotNull();
    assertThat(e.getMessage()).contains(file.getFileName().toString()).doesNotContain("\n");
    assertThat(e.getMessage().length()).isLessThan(600);
    return e.getMessage();
  }

  private static UnaryOperator<String> replace(String from, String to) {
    return text -> {
      assertThat(text).contains(from);
      return text.replace(from, to);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "hello, world", "\u0000\u0001\u0002"})
  void noArchiveAtAll(String content) throws Exception {
    assertThat(message(file(content.getBytes(StandardCharsets.UTF_8))))
        .contains("neither a .pt2 archive")
        .contains("torch.export.save");
  }

  @Test
  void aFolder() {
    assertThatThrownBy(() -> NetworkFiles.read(folder, null)).hasMessageContaining("is a folder");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.3, 0.7, 0.95, 0.999})
  void truncated(double kept) throws Exception {
    byte[] whole = Files.readAllBytes(export("mlp_784_128_10.stored.pt2"));
    assertThat(message(file(Arrays.copyOf(whole, (int) (whole.length * kept)))))
        .contains("truncated")
        .contains("again");
  }

  @Test
  void aDocumentThatUnpacksToFarTooMuch() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    byte[] spaces = new byte[200 << 20];
    Arrays.fill(spaces, (byte) ' ');
    entries.put("a/archive_format", "pt2".getBytes(StandardCharsets.UTF_8));
    entries.put("a/" + MODEL, spaces);
    assertThat(message(Zips.write(folder.resolve("net.pt2"), entries)))
        .contains("would unpack from")
        .contains("to 209,715,200 bytes");
    entries.put("a/" + MODEL, Arrays.copyOf(spaces, 20 << 20));
    assertThat(message(Zips.write(folder.resolve("net.pt2"), entries)))
        .contains("Do not trust this file");
  }

  @Test
  void anEntryThatUnpacksToMoreThanItSays() throws Exception {
    byte[] zip = Files.readAllBytes(export("lenet5.pt2"));
    ByteBuffer buffer = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
    int patched = 0;
    for (int i = 0; i + 46 < zip.length; i++) {
      if (buffer.getInt(i) == 0x02014b50) {
        String name = new String(zip, i + 46, buffer.getShort(i + 28), StandardCharsets.UTF_8);
        if (name.endsWith(MODEL)) {
          buffer.putInt(i + 24, 1000);
          patched++;
        }
      }
    }
    assertThat(patched).isEqualTo(1);
    assertThat(message(file(zip))).contains("unpacks to more than the archive says");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/../../etc/passwd", "/etc/passwd", "a\\..\\b", ".."})
  void namesThatLeadOutOfTheArchive(String name) throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>(Zips.read(export("lenet5.pt2")));
    entries.put(name, new byte[1]);
    assertThat(message(Zips.write(folder.resolve("net.pt2"), entries)))
        .contains("leads out of the archive");
  }

  @Test
  void twoRoots() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>(Zips.read(export("lenet5.pt2")));
    entries.put("other/data", new byte[1]);
    assertThat(message(Zips.write(folder.resolve("net.pt2"), entries)))
        .contains("'lenet5' and 'other'");
  }

  @Test
  void savedByTorchSave() throws Exception {
    Path file = Zips.write(folder.resolve("net.pt2"), Map.of("net/data.pkl", new byte[3]));
    assertThat(message(file)).contains("written by torch.save").contains("torch.export.export");
  }

  @Test
  void weightsShorterThanTheirShape() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>(Zips.read(export("mlp_784_128_10.pt2")));
    entries.computeIfPresent(
        "mlp_784_128_10/data/weights/weight_0", (n, b) -> Arrays.copyOf(b, 1000));
    assertThat(message(Zips.write(folder.resolve("net.pt2"), entries)))
        .contains("[128, 784] of float32 needs 401,408 B")
        .contains("has 1,000 B");
  }

  @Test
  void weightsOfAnotherShapeThanTheGraphs() throws Exception {
    assertThat(changed(CONFIG, replace("{\"as_int\": 784}", "{\"as_int\": 783}")))
        .contains("'fc1.weight' is float32[128, 784] in the graph")
        .contains("float32[128, 783]");
  }

  @Test
  void noWeightsForAParameter() throws Exception {
    assertThat(changed(CONFIG, replace("\"fc1.weight\"", "\"fc9.weight\"")))
        .contains("nothing in the archive holds 'fc1.weight'");
  }

  @Test
  void damagedWeights() throws Exception {
    byte[] zip = Files.readAllBytes(export("mlp_784_128_10.stored.pt2"));
    zip[100_000] ^= 1;
    ImportedModel model = NetworkFiles.read(file(zip), null);
    Input weight = model.graph().inputs().getFirst();
    assertThatThrownBy(() -> model.weights().copy(weight, MemorySegment.ofArray(new byte[401_408])))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("its checksum is wrong");
  }

  @Test
  void undefinedNames() throws Exception {
    assertThat(
            changed(
                MODEL,
                replace(
                    "\"name\": \"self\", \"arg\": {\"as_tensor\": {\"name\": \"linear\"}}",
                    "\"name\": \"self\", \"arg\": {\"as_tensor\": {\"name\": \"ghost\"}}")))
        .contains("relu (aten.relu.default) uses 'ghost', which is not defined before")
        .contains("export it again");
  }

  @Test
  void aCycle() throws Exception {
    assertThat(
            changed(
                MODEL,
                replace(
                    "\"name\": \"self\", \"arg\": {\"as_tensor\": {\"name\": \"linear\"}}",
                    "\"name\": \"self\", \"arg\": {\"as_tensor\": {\"name\": \"linear_1\"}}")))
        .contains("uses 'linear_1', which is not defined before");
  }

  @Test
  void aNameDefinedTwice() throws Exception {
    assertThat(
            changed(
                MODEL,
                replace(
                    "\"outputs\": [{\"as_tensor\": {\"name\": \"relu\"}}]",
                    "\"outputs\": [{\"as_tensor\": {\"name\": \"linear\"}}]")))
        .contains("defines 'linear' a second time");
  }

  @Test
  void anUnknownElementType() throws Exception {
    assertThat(changed(MODEL, replace("\"dtype\": 7", "\"dtype\": 99")))
        .contains("tensor_values.p_fc1_weight.dtype")
        .contains("expected the number of an element type");
    assertThat(changed(MODEL, replace("\"dtype\": 7", "\"dtype\": 29")))
        .contains("float8_e4m3fn is not supported");
  }

  @Test
  void negativeSizes() throws Exception {
    assertThat(changed(MODEL, replace("{\"as_int\": 784}", "{\"as_int\": -784}")))
        .contains("expected a size of at least 0, found {\"as_int\":-784}");
  }

  @Test
  void sizesBeyond64Bits() throws Exception {
    assertThat(changed(MODEL, replace("{\"as_int\": 784}", "{\"as_int\": 99999999999999999999}")))
        .contains("expected a whole number of 64 bits");
    assertThat(changed(MODEL, replace("{\"as_int\": 784}", "{\"as_int\": 4611686018427387904}")))
        .contains("needs more than 8 EiB");
  }

  @Test
  void sizesThatAreNoSum() throws Exception {
    String symbol = "Symbol('s77', positive=True, integer=True)";
    String size =
        "{\"as_expr\": {\"expr_str\": \""
            + symbol
            + "\", \"hint\": {\"as_int\": 64}}}, {\"as_int\": 784}";
    assertThat(
            changed(
                MODEL,
                replace(
                    size,
                    size.replace(
                        "{\"as_int\": 784}",
                        "{\"as_expr\": {\"expr_str\": \"Pow(" + symbol + ", Integer(2))\"}}"))))
        .contains("'Pow' is not supported in a size");
  }

  @Test
  void jsonNestedTenThousandDeep() throws Exception {
    String deep = "[".repeat(10_000) + "]".repeat(10_000);
    assertThat(changed(MODEL, text -> deep))
        .contains("is not JSON that Headroom can read")
        .contains("export it again");
    assertThat(changed(MODEL, replace("\"guards_code\": []", "\"guards_code\": " + deep)))
        .contains("nesting depth");
    String expression = "Add(".repeat(10_000) + "Integer(1)" + ")".repeat(10_000);
    assertThat(changed(MODEL, replace("Symbol('s77', positive=True, integer=True)", expression)))
        .contains("it is nested too deeply");
  }

  @Test
  void jsonThatIsNone() throws Exception {
    assertThat(changed(MODEL, text -> "")).contains("is empty");
    assertThat(changed(MODEL, text -> "{")).contains("is not JSON");
    assertThat(changed(MODEL, text -> "[]")).contains("expected an object");
    assertThat(changed(MODEL, text -> "{\"a\": 1, \"a\": 2}")).contains("Duplicate");
  }

  @Test
  void missingFields() throws Exception {
    assertThat(changed(MODEL, replace("\"signature\"", "\"nothing\"")))
        .contains("expected a field \"signature\", found none");
    assertThat(changed(MODEL, replace("\"major\": 8", "\"major\": 9")))
        .contains("schema version 9");
    assertThat(changed("archive_format", text -> "zip")).contains("archive_format is 'zip'");
    assertThat(changed("byteorder", text -> "big")).contains("only 'little' is supported");
  }

  @Test
  void wrongArguments() throws Exception {
    assertThat(
            changed(
                MODEL, replace("\"name\": \"self\", \"arg\"", "\"name\": \"self\", \"argument\"")))
        .contains("expected a field \"arg\"");
    assertThat(changed(MODEL, replace("torch.ops.aten.relu.default", "; rm -rf /")))
        .contains("expected the name of an operator");
  }
}
