package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A CNN on a real GPU, rebuilt from what its recording names. Every allocation and free of ten
 * steps, in order and size, but for those that a library or a reduction sizes as it likes, and
 * those of anomaly detection.
 */
class CnnTrainingTest {
  @Test
  void theLedgerGivesItsSequenceOfSizes() throws IOException {
    CnnRecording recording =
        CnnRecording.read(GroundTruth.file("cuda-traces/cnn-training.json.gz"));
    assertThat(recording.sizes()).hasSize(1821);
    assertThat(CnnSection.sizes(CnnTraining.ledger(false))).isEqualTo(recording.sizes());
    assertThat(recording.means()).hasSize(2 * 2 * CnnTraining.STEPS);
    assertThat(recording.means()).allMatch(bytes -> bytes <= 1024);
    assertThat(recording.anomaly()).isPositive();
  }

  @Test
  void whatCudnnTookIsWithinThePlansRange() throws IOException {
    List<CnnRecording.Workspace> taken =
        CnnRecording.read(GroundTruth.file("cuda-traces/cnn-training.json.gz")).convolutions();
    List<Long> most = CnnSection.bounds();
    assertThat(taken).hasSize(6 * CnnTraining.STEPS).hasSameSizeAs(most);
    for (int i = 0; i < taken.size(); i++) {
      assertThat(taken.get(i).bytes()).isPositive().isLessThanOrEqualTo(most.get(i));
    }
  }
}
