package dev.headroom.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFoldersTest {
  @Test
  void batchesInAnyNumberButNoneTwice(@TempDir Path folder) throws Exception {
    Path batches = Files.createDirectory(folder.resolve("cifar-10-batches-bin"));
    Files.write(batches.resolve("data_batch_1.bin"), TestFiles.cifar(3));
    Files.write(batches.resolve("data_batch_1.bin.gz"), TestFiles.gzip(TestFiles.cifar(3)));
    Files.write(batches.resolve("data_batch_7.bin.gz"), TestFiles.gzip(TestFiles.cifar(4)));
    assertThat(Datasets.open("cifar10", folder, Datasets.Split.TRAIN).size()).isEqualTo(7);
  }
}
