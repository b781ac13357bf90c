package dev.headroom.app.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.app.Exit;
import dev.headroom.app.Main;
import dev.headroom.device.Device;
import dev.headroom.importers.device.DeviceCatalogue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From what nvidia-smi and PyTorch's allocator show to a card that plans can use. */
class CalibrationTest {
  private static final long MIB = 1 << 20;

  private static final Sample IDLE =
      new Sample("GPU 1 NVIDIA GeForce RTX 3090", 3 * MIB, 24576 * MIB, List.of());

  private static Calibration.Stage stage(String name, long reserved, long used) {
    return new Calibration.Stage(name, reserved * MIB, used * MIB, "8.6", "2.10.0");
  }

  @Test
  void theCardIsReadBackAsMeasured(@TempDir Path folder) throws Exception {
    Map<String, Object> card =
        Calibration.describe(
            "mine", IDLE, List.of(stage("linear", 22, 281), stage("convolution", 44, 449)));
    Path file =
        Files.write(folder.resolve("mine.json"), new ObjectMapper().writeValueAsBytes(card));
    Device device = DeviceCatalogue.read(file);
    assertThat(device.title()).isEqualTo("NVIDIA GeForce RTX 3090");
    assertThat(device.memoryBytes()).isEqualTo(24576 * MIB);
    assertThat(device.computeCapability()).isEqualTo(86);
    assertThat(device.contextBytes()).isEqualTo((449 - 3 - 44) * MIB);
    assertThat(device.contextMeasured()).isTrue();
    assertThat(device.sources()).first().asString().contains("linear", "256 MiB", "2.10.0");
    assertThat(device.assumptions()).noneMatch(a -> a.contains("not measured"));
  }

  @Test
  void anotherProgramThatEndsMeanwhileIsFoundOut() {
    assertThatThrownBy(() -> Calibration.describe("mine", IDLE, List.of(stage("linear", 300, 281))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("-22 MiB", "idle");
  }

  @Test
  void aCardThatDoesNotExist() {
    Source one = () -> List.of(IDLE);
    assertThatThrownBy(() -> new Calibration(one, 3, "python3").run("mine"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("there is no GPU 3: nvidia-smi shows 1");
  }

  @Test
  void aPythonThatDoesNotExist() {
    Source one = () -> List.of(IDLE);
    assertThatThrownBy(() -> new Calibration(one, 0, "/no/such/python").run("mine"))
        .hasMessageContaining("/no/such/python cannot be started");
  }

  @Test
  void withoutAGpu(@TempDir Path folder) throws IOException {
    boolean gpu = true;
    try {
      new GpuSource().read();
    } catch (IOException e) {
      gpu = false;
    }
    Assumptions.assumeFalse(gpu, "skipped: there is a GPU");
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(err, true, StandardCharsets.UTF_8);
    String[] line = {"watch", "--calibrate", folder.resolve("x.json").toString()};
    assertThat(Main.run(line, to, to)).isEqualTo(Exit.UNAVAILABLE);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("measures a GPU, and there is none: nvidia-smi", "the machine with the card");
    assertThat(folder).isEmptyDirectory();
  }
}
