package dev.headroom.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.data.Datasets.Split;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class RealSetsTest {
  @Test
  void mnistIsTheCanonicalOne() throws Exception {
    ImageSet train = Datasets.open("mnist", TestFiles.shared(), Split.TRAIN);
    assertThat(train.size()).isEqualTo(60_000);
    assertThat(train.format()).isEqualTo(new ImageFormat(1, 28, 28));
    assertThat(new int[] {train.label(0), train.label(1), train.label(2), train.label(3)})
        .containsExactly(5, 0, 4, 1);
    assertThat(train.classCounts())
        .containsExactly(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949);
    // The published checksum covers the header too.
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    md5.update(new byte[] {0, 0, 8, 3, 0, 0, (byte) 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28});
    md5.update(train.rawPixels());
    assertThat(HexFormat.of().formatHex(md5.digest()))
        .isEqualTo("6bbc9ace898e44ae57da46a324031adb");
    assertThat(Datasets.open("mnist", TestFiles.shared(), Split.TEST).size()).isEqualTo(10_000);
  }

  @Test
  void cifarBatchesAreJoined() {
    Path shared = TestFiles.shared();
    ImageSet train = Datasets.open("cifar10", shared, Split.TRAIN);
    assertThat(train.size()).isEqualTo(20_000);
    assertThat(train.format()).isEqualTo(new ImageFormat(3, 32, 32));
    assertThat(Datasets.open("cifar10", shared, Split.TEST).size()).isEqualTo(5_000);
  }
}
