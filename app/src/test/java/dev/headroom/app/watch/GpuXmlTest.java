package dev.headroom.app.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** nvidia-smi's XML in the shapes that drivers give it. */
class GpuXmlTest {
  private static final long MIB = 1 << 20;

  private static String text(String name) throws IOException {
    try (var in = GpuXmlTest.class.getResourceAsStream("/nvidia-smi/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void severalGpusWithTheirProcesses() throws Exception {
    List<Sample> samples = GpuXml.parse(text("two-gpus-v12.xml"));
    assertThat(samples).hasSize(2);
    assertThat(samples.get(0))
        .isEqualTo(
            new Sample(
                "GPU 0 NVIDIA GeForce RTX 3090",
                9137 * MIB,
                24576 * MIB,
                List.of(
                    new Sample.Use(1503, "/usr/lib/xorg/Xorg", 96 * MIB),
                    new Sample.Use(40312, "python & co", 9030 * MIB))));
    assertThat(samples.get(1).usedBytes()).isEqualTo(3 * MIB);
    assertThat(samples.get(1).processes()).isEmpty();
  }

  @Test
  void everyMigDeviceForItself() throws Exception {
    List<Sample> samples = GpuXml.parse(text("mig-v12.xml"));
    assertThat(samples)
        .extracting(Sample::device)
        .containsExactly("GPU 0 NVIDIA A100-SXM4-80GB MIG 0", "GPU 0 NVIDIA A100-SXM4-80GB MIG 1");
    assertThat(samples).extracting(Sample::usedBytes).containsExactly(12 * MIB, 5120 * MIB);
    assertThat(samples.get(0).processes()).isEmpty();
    assertThat(samples.get(1).processes())
        .containsExactly(new Sample.Use(77, "python3", 5100 * MIB));
  }

  @Test
  void whatIsNotToldIsAbsent() throws Exception {
    Sample windows = GpuXml.parse(text("windows-wddm-v11.xml")).getFirst();
    assertThat(windows.usedBytes()).isEqualTo(1234 * MIB);
    assertThat(windows.processes().getFirst().bytes()).isNull();
    Sample lost = GpuXml.parse(text("lost-v12.xml")).getFirst();
    assertThat(lost.usedBytes()).isNull();
    assertThat(lost.totalBytes()).isNull();
    assertThat(lost.processes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure"
            + " that the latest NVIDIA driver is installed and running.\n",
        "Failed to initialize NVML: Driver/library version mismatch\n"
            + "NVML library version: 535.154\n",
        "No devices were found\n",
        "Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error\n"
      })
  void errorsAreToldInItsOwnWords(String said) {
    assertThatThrownBy(() -> GpuXml.parse(said))
        .isInstanceOf(IOException.class)
        .hasMessage(said.lines().findFirst().orElseThrow());
  }

  @Test
  void outputThatEndsEarly() throws Exception {
    String whole = text("two-gpus-v12.xml");
    for (int end = 0; end < whole.length() - 18; end += 97) {
      String cut = whole.substring(0, end);
      assertThatThrownBy(() -> GpuXml.parse(cut)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aToolThatIsNotThereOrFails() {
    assertThatThrownBy(() -> new GpuSource(List.of("no-such-nvidia-smi")).read())
        .hasMessage("nvidia-smi is not installed");
    assertThatThrownBy(
            () -> new GpuSource(List.of("sh", "-c", "echo No devices were found; exit 6")).read())
        .hasMessage("No devices were found");
  }
}
