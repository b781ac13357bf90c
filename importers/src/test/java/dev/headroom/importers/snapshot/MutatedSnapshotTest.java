package dev.headroom.importers.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.allocator.Replay;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Damaged recordings: a clear message or a recording, never anything else. */
class MutatedSnapshotTest {
  private static byte[] resource(String name) throws IOException {
    try (InputStream in = MutatedSnapshotTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  @Test
  void aThousandMutationsOfAPickle() throws IOException {
    mutate(resource("made.pickle"), "made.pickle", 1000);
  }

  @Test
  void aThousandMutationsOfTheJsonForm() throws IOException {
    mutate(resource("made.json"), "made.json", 1000);
  }

  @Test
  void aCutOffGzipSaysSo() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write("{\"segments\": [], \"device_traces\": []}".getBytes(StandardCharsets.UTF_8));
    }
    byte[] cut = Arrays.copyOf(packed.toByteArray(), packed.size() / 2);
    assertThatThrownBy(() -> SnapshotReader.parse(cut, "s.json.gz"))
        .isInstanceOf(IOException.class)
        .hasMessage("s.json.gz ends early: it is truncated. Copy it again.");
  }

  private static void mutate(byte[] good, String name, int times) throws IOException {
    assertThat(Replay.of(SnapshotReader.parse(good, name)).exact()).isTrue();
    SplittableRandom random = new SplittableRandom(11);
    int refused = 0;
    for (int i = 0; i < times; i++) {
      byte[] bad = good.clone();
      switch (random.nextInt(4)) {
        case 0 -> bad = Arrays.copyOf(bad, random.nextInt(bad.length));
        case 1 -> bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        case 2 -> {
          for (int n = 0; n < 8; n++) {
            bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
          }
        }
        default -> {
          int from = random.nextInt(bad.length);
          int to = random.nextInt(bad.length);
          int length = random.nextInt(Math.min(64, bad.length - Math.max(from, to)) + 1);
          System.arraycopy(good, from, bad, to, length);
        }
      }
      try {
        Replay.of(SnapshotReader.parse(bad, name));
      } catch (IOException e) {
        refused++;
        assertThat(e.getMessage()).startsWith(name + ": ").doesNotContain("\n");
      }
    }
    assertThat(refused).isGreaterThan(times / 4);
  }
}
