package dev.headroom.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchSourceTest {
  private final ImageSet set = Datasets.open("shapes", null, Datasets.Split.TEST);
  private final Normalize normalize = Normalize.of(set.format());

  private List<Long> labels(BatchSource source) {
    List<Long> out = new ArrayList<>();
    try (source) {
      for (Batch batch = source.next(); batch != null; batch = source.next()) {
        for (int i = 0; i < batch.size(); i++) {
          out.add(batch.labels().getAtIndex(ValueLayout.JAVA_LONG, i));
        }
        source.recycle(batch);
      }
    }
    return out;
  }

  @Test
  void everyImageOnceInTheOrderOfTheSeed() {
    List<Long> a = labels(BatchSource.shuffled(set, normalize, 64, 5, 1));
    assertThat(a).hasSize(set.size());
    assertThat(labels(BatchSource.shuffled(set, normalize, 64, 5, 1))).isEqualTo(a);
    assertThat(labels(BatchSource.shuffled(set, normalize, 64, 5, 2))).isNotEqualTo(a);
    int[] counts = new int[10];
    a.forEach(l -> counts[l.intValue()]++);
    assertThat(counts).isEqualTo(set.classCounts());
  }

  @Test
  void lastBatchIsPartialAndValuesAreToTensorThenNormalize() {
    try (BatchSource source = BatchSource.sequential(set, normalize, 999)) {
      assertThat(source.batchCount()).isEqualTo(3);
      Batch first = source.next();
      assertThat(first.size()).isEqualTo(999);
      for (int v = 0; v < set.format().values(); v++) {
        float expected = (set.pixel(1, v) / 255f - 0.5f) / 0.5f;
        assertThat(first.images().getAtIndex(ValueLayout.JAVA_FLOAT, 3072 + v)).isEqualTo(expected);
      }
      source.recycle(first);
      source.recycle(source.next());
      assertThat(source.next().size()).isEqualTo(2);
      assertThat(source.next()).isNull();
    }
  }

  @Test
  void closingEarlyEndsTheThread() {
    BatchSource source = BatchSource.sequential(set, normalize, 10);
    source.recycle(source.next());
    source.close();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(t -> t.getName().equals("headroom-batches") && t.isAlive());
  }

  @Test
  void everyByteSurvivesTheRoundTrip() {
    for (int channels : new int[] {1, 3}) {
      Normalize n = Normalize.of(new ImageFormat(channels, 1, 1));
      for (int b = 0; b < 256; b++) {
        float seen = n.apply(0, Normalize.toTensor(b));
        assertThat(Normalize.toByte(n.undo(0, seen))).isEqualTo(b);
      }
    }
  }
}
