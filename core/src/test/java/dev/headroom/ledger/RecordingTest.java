package dev.headroom.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Two recordings side by side: what is extended, and what is refused. */
class RecordingTest {
  /** A loop of one iteration: a weight, an activation, and scratch if the batch is small. */
  private static Recording.Run run(long batch, long perSample, boolean scratch) {
    LedgerWriter writer = new LedgerWriter();
    writer.allocate(400, Category.PARAMETER);
    writer.phase(1, Phase.FORWARD);
    writer.at(null, "aten.linear.default");
    int activation = writer.allocate(16 + perSample * batch, Category.ACTIVATION);
    if (scratch) {
      writer.free(writer.allocate(64, Category.TEMPORARY));
    }
    writer.phase(1, Phase.BACKWARD);
    writer.free(activation);
    return new Recording.Run(writer.ledger(), List.of(batch), 0);
  }

  @Test
  void sizesGrowWithTheBatch() {
    Recording recording = Recording.of(run(2, 40, true), run(4, 40, true));
    Ledger ledger = recording.ledger(List.of(1000L), 0);
    assertThat(ledger.size()).isEqualTo(5);
    assertThat(ledger.delta(0)).isEqualTo(400);
    assertThat(ledger.delta(1)).isEqualTo(40_016);
    assertThat(ledger.delta(4)).isEqualTo(-40_016);
    assertThat(new Timeline(ledger).peak(1).liveBytes()).isEqualTo(400 + 40_016 + 64);
  }

  /** Differences between samples, 8 bytes each: one fewer than samples. */
  private static Recording.Run differences(long batch) {
    LedgerWriter writer = new LedgerWriter();
    writer.phase(1, Phase.FORWARD);
    int differences = writer.allocate(8 * (batch - 1), Category.TEMPORARY);
    int values = writer.allocate(8 * batch, Category.TEMPORARY);
    writer.free(differences);
    writer.free(values);
    return new Recording.Run(writer.ledger(), List.of(batch), 0);
  }

  @Test
  void whatASingleSampleDoesNotNeedIsNotAllocated() {
    Recording recording = Recording.of(differences(2), differences(4));
    Ledger single = recording.ledger(List.of(1L), 0);
    assertThat(single.size()).isEqualTo(2);
    assertThat(single.delta(0)).isEqualTo(8);
    assertThat(single.delta(1)).isEqualTo(-8);
    assertThat(recording.peakBytes(List.of(1L), 0)).isEqualTo(8);
    assertThat(recording.peakBytes(List.of(10L), 0)).isEqualTo(72 + 80);
  }

  /**
   * Two casts that die together, the second first if so wanted, with or without a block between.
   */
  private static Recording.Run casts(long batch, boolean secondFirst, boolean between) {
    LedgerWriter writer = new LedgerWriter();
    writer.phase(1, Phase.FORWARD);
    int first = writer.allocate(20, Category.ACTIVATION);
    int second = writer.allocate(128, Category.ACTIVATION);
    writer.phase(1, Phase.LOSS);
    int loss = writer.allocate(8 * batch, Category.TEMPORARY);
    writer.free(secondFirst ? second : first);
    if (between) {
      writer.allocate(4, Category.TEMPORARY);
    }
    writer.free(secondFirst ? first : second);
    writer.free(loss);
    return new Recording.Run(writer.ledger(), List.of(batch), 0);
  }

  @Test
  void blocksThatDieTogetherMayDoSoInAnyOrder() {
    Recording recording = Recording.of(casts(2, false, false), casts(4, true, false));
    assertThat(new Timeline(recording.ledger(List.of(100L), 0)).peak(1).liveBytes())
        .isEqualTo(20 + 128 + 800);
    assertThatThrownBy(() -> Recording.of(casts(2, false, true), casts(4, true, true)))
        .isInstanceOf(RecordingMismatchException.class)
        .hasMessageContaining("a free of 20 B in iteration 1, LOSS against a free of 128 B");
  }

  @Test
  void anotherNumberOfEventsIsRefused() {
    assertThatThrownBy(() -> Recording.of(run(2, 40, true), run(4, 40, false)))
        .isInstanceOf(RecordingMismatchException.class)
        .hasMessageContaining("batch 2 and 4 differ (5 and 3 events), first at event 2")
        .hasMessageContaining("an allocation of 64 B in iteration 1, FORWARD aten.linear.default")
        .hasMessageContaining("against a free of 176 B in iteration 1, BACKWARD");
  }

  @Test
  void aSizeThatDoesNotGrowByWholeBytesIsRefused() {
    Recording.Run first = run(2, 40, false);
    Recording.Run second = run(5, 40, false);
    Recording.Run odd =
        new Recording.Run(second.ledger(), List.of(9L), 0); // 120 more bytes for 7 samples
    assertThatThrownBy(() -> Recording.of(first, odd))
        .isInstanceOf(RecordingMismatchException.class)
        .hasMessageContaining("first at event 1");
  }

  @Test
  void whatWasNotRecordedIsRefused() {
    Recording recording = Recording.of(run(2, 40, true), run(4, 40, true));
    assertThatThrownBy(() -> recording.ledger(List.of(8L, 8L), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
