package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * CUDA's rules call by call against what PyTorch keeps there, and what it allocates without
 * gradients. Recorded without a GPU: what kernels take for themselves is not in the recording.
 */
class CudaOperatorsTest {
  private static List<OperatorCall> calls = List.of();

  @BeforeAll
  static void read() throws Exception {
    calls =
        OperatorCall.read(
            Path.of(CudaOperatorsTest.class.getResource("/" + OperatorCall.FILE).toURI()));
    assertThat(calls).hasSizeGreaterThan(900);
  }

  @Test
  void typesOfResultsAndGradients() {
    for (OperatorCall call : calls) {
      // The shape rule of fake tensors has a format of its own for images of up to three channels.
      if (!OperatorDeviation.OTHER_FORMAT.affects(call)) {
        for (String mode : call.modes()) {
          assertThat(call.predicted(mode).types())
              .as("%s, %s", call, mode)
              .isEqualTo(call.recorded(mode).types());
        }
      }
    }
  }

  @Test
  void bytesKeptForBackward() {
    for (OperatorCall call : calls) {
      for (String mode : call.modes()) {
        assertThat(call.predicted(mode).savedBytes())
            .as("%s, %s", call, mode)
            .isEqualTo(call.recorded(mode).savedBytes() - OperatorDeviation.seedBytes(call, mode));
      }
    }
  }

  @Test
  void everyAllocationOfForwardExceptWithinTheKernelsThatAreNamed() {
    Set<String> differing = new TreeSet<>();
    for (OperatorCall call : calls) {
      if (!call.predicted("NO_GRAD").allocated().equals(call.recorded("NO_GRAD").allocated())) {
        differing.add(call.op());
      }
    }
    assertThat(differing).isEqualTo(new TreeSet<>(OperatorDeviation.WITHIN_KERNELS));
  }

  @Test
  void masksNormsAndAttentionStandInTheReportAsTheyAgree() {
    List<OperatorAgreement> some =
        calls.stream()
            .filter(call -> call.op().matches("aten\\.(batch_norm|alpha_dropout)\\..*"))
            .map(OperatorAgreement::of)
            .toList();
    assertThat(some).hasSize(19);
    assertThat(OperatorAgreement.families(some))
        .anyMatch(row -> row.startsWith("| batch norm") && row.endsWith("| 17 | 17 | 17 |"))
        .anyMatch(row -> row.startsWith("| dropouts") && row.endsWith("| 2 | 2 | 2 |"));
    List<OperatorAgreement> other =
        some.stream()
            .map(a -> new OperatorAgreement(a.call(), false, a.typed(), a.allocated()))
            .toList();
    assertThat(OperatorAgreement.families(other))
        .anyMatch(row -> row.startsWith("| batch norm") && row.endsWith("| 17 | 0 | 17 |"));
  }
}
