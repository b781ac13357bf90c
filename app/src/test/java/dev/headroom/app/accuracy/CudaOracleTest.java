package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The loop on paper with CUDA's rules against what PyTorch saves and allocates on CUDA. Recorded
 * without a GPU: where fake tensors do something else than kernels, that is undone first ({@link
 * FakeDeviation}), and what kernels take for themselves is left out.
 */
class CudaOracleTest {
  private static Path folder(String name) throws Exception {
    return Path.of(CudaOracleTest.class.getResource("/" + name).toURI());
  }

  /** Cases of the shared oracle. */
  static List<String> shared() throws Exception {
    List<String> names = OracleCase.names(folder("cuda_fake"));
    assertThat(names).hasSize(33);
    return names;
  }

  /** Layers one after the other, recorded with {@code record_cuda_fake.py}. */
  static List<String> made() throws Exception {
    List<String> names = OracleCase.names(folder("cuda_made"));
    assertThat(names).hasSize(27);
    return names;
  }

  /** Networks of the importers' {@code UnseenNetworksTest}. */
  static List<String> unseen() throws Exception {
    List<String> names = OracleCase.names(folder("cuda_unseen"));
    assertThat(names).hasSize(13);
    return names;
  }

  @ParameterizedTest
  @MethodSource("shared")
  void savedBytesPeaksAndEveryEventInOrder(String name) throws Exception {
    OracleCase c = OracleCase.read(folder("cuda_fake"), name);
    compare(c, c.predicted());
  }

  @ParameterizedTest
  @MethodSource("made")
  void activationsNormsAndDropoutsOfAnMlp(String name) throws Exception {
    OracleCase c = OracleCase.read(folder("cuda_made"), name);
    compare(c, c.predicted(LayerStack.of(c.summary())));
  }

  /**
   * What is kept and the peaks; between them kernels of libraries and subclasses of tensors differ
   * in more than {@link FakeDeviation} undoes.
   */
  @ParameterizedTest
  @MethodSource("unseen")
  void savedBytesAndPeaksOfUnseenNetworks(String name) throws Exception {
    OracleCase c = OracleCase.read(folder("cuda_unseen"), name);
    String model = c.summary().path("model").asText();
    Path file = Path.of("../importers/src/test/resources/unseen", model + ".model.json.gz");
    Ledger ledger = c.predicted(NetworkFiles.read(file, null).graph());
    OracleEvents written = OracleEvents.of(ledger);
    for (int step = 1; step <= 3; step++) {
      assertThat(written.peak(step)).isEqualTo(c.recordedAsKernels().peak(step));
    }
    assertThat(new Timeline(ledger).bytes(Category.ACTIVATION))
        .isEqualTo(c.savedBytes() - c.seedBytes());
  }

  private static void compare(OracleCase c, Ledger ledger) throws Exception {
    OracleEvents written = OracleEvents.of(ledger);
    OracleEvents recorded = c.recordedAsKernels();
    if (c.recomputes()) {
      // In a block that keeps nothing q, k and v live until its Python function returns.
      assertThat(written.lines(c.casts()))
          .containsExactlyInAnyOrderElementsOf(recorded.lines(c.casts()));
    } else {
      assertThat(written.lines(c.casts())).isEqualTo(recorded.lines(c.casts()));
    }
    for (int step = 1; step <= 3; step++) {
      assertThat(written.peak(step)).isEqualTo(recorded.peak(step));
    }
    assertThat(new Timeline(ledger).bytes(Category.ACTIVATION))
        .isEqualTo(c.savedBytes() - c.seedBytes());
    assertThat(c.recorded().peak(2)).isEqualTo(c.peakBytes(1));
  }
}
