package dev.headroom.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import dev.headroom.app.UsageException;
import dev.headroom.device.Device;
import dev.headroom.torch.Cuda;
import dev.headroom.torch.EngineUnavailableException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is planned for the GPU at hand, and what fit says where there is none. */
class GpuCardTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NVIDIA H100 80GB HBM3, 81559 MiB, 9.0 | 90 | 81559 | 33554432",
        "NVIDIA GeForce RTX 3090, 24576 MiB, 8.6 | 86 | 24576 | 8519680",
        "Tesla V100-SXM2-16GB, 16160 MiB, 7.0 | 70 | 16160 | 8519680"
      })
  void aCardIsWhatNvidiaSmiShows(String line, int capability, long mebibytes, long workspace) {
    Device card = GpuCard.described(line);
    assertThat(line).startsWith(card.title() + ",");
    assertThat(card.computeCapability()).isEqualTo(capability);
    assertThat(card.memoryBytes()).isEqualTo(mebibytes << 20);
    // getChosenWorkspaceSize of PyTorch 2.10 for this compute capability.
    assertThat(card.backend().blasWorkspace()).isEqualTo(workspace);
    assertThat(card.contextBytes()).isPositive();
    assertThat(card.assumptions().getFirst()).contains("not measured on yours");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NVIDIA H100 80GB HBM3, [N/A], 9.0",
        "NVIDIA H100 80GB HBM3, 81559 MiB, [N/A]",
        "NVIDIA H100 80GB HBM3, 81559 MiB"
      })
  void whatIsMissingIsSaid(String line) {
    assertThatThrownBy(() -> GpuCard.described(line))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(line);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "cuda:1", "rtx3090"})
  void withoutLibtorchForCudaFitOnAGpuSaysHowToGetIt(String device) {
    Assumptions.assumeTrue(!hasBuild(), "skipped: this build has libtorch for CUDA");
    Run run = Run.line("fit lenet --device " + device + " --budget 1GiB");
    assertThat(run.exit()).isEqualTo(Exit.UNAVAILABLE);
    assertThat(run.err()).contains("libtorch for the CPU alone", "mvn -Pcuda", "CUDA 13");
    assertThat(run.out()).isEmpty();
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  private static boolean hasBuild() {
    try {
      Cuda.requireBuild();
      return true;
    } catch (EngineUnavailableException e) {
      return false;
    }
  }
}
