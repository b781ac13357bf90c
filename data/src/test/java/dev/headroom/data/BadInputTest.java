package dev.headroom.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class BadInputTest {
  private static final int SIDE = 4;

  @TempDir Path folder;

  private Path file(String name, byte[] bytes) throws Exception {
    return Files.write(folder.resolve(name), bytes);
  }

  private void assertIdxFails(byte[] images, byte[] labels, String... words) throws Exception {
    Path i = file("images", images);
    Path l = file("labels", labels);
    assertThatThrownBy(() -> IdxReader.read("set", i, l, Digits.CLASSES))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void aGoodPairIsRead() throws Exception {
    Path i = file("images", TestFiles.gzip(TestFiles.idxImages(3, SIDE, SIDE)));
    Path l = file("labels", TestFiles.idxLabels(3));
    assertThat(IdxReader.read("set", i, l, Digits.CLASSES).size()).isEqualTo(3);
  }

  @Test
  void truncatedGzip() throws Exception {
    byte[] whole = TestFiles.gzip(TestFiles.idxImages(30, SIDE, SIDE));
    assertIdxFails(
        Arrays.copyOf(whole, whole.length / 2), TestFiles.idxLabels(30), "images", "truncated");
  }

  @Test
  void wrongMagic() throws Exception {
    assertIdxFails(TestFiles.idxLabels(100), TestFiles.idxLabels(100), "0x00000801", "0x00000803");
  }

  @Test
  void moreImagesPromisedThanThere() throws Exception {
    byte[] images = TestFiles.idxImages(3, SIDE, SIDE);
    ByteBuffer.wrap(images).putInt(4, 4);
    assertIdxFails(images, TestFiles.idxLabels(3), "64 bytes", "48 found");
  }

  @Test
  void twoBillionImagesPromised() throws Exception {
    byte[] images = TestFiles.idxImages(3, SIDE, SIDE);
    ByteBuffer.wrap(images).putInt(4, Integer.MIN_VALUE);
    assertIdxFails(images, TestFiles.idxLabels(3), "more than one array can hold");
    ByteBuffer.wrap(images).putInt(4, Integer.MAX_VALUE / SIDE / SIDE - 100);
    long before = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    assertIdxFails(images, TestFiles.idxLabels(3), "truncated");
    long after = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    assertThat(after - before).isLessThan(64L << 20);
  }

  @Test
  void bytesAfterTheEnd() throws Exception {
    byte[] images = Arrays.copyOf(TestFiles.idxImages(3, SIDE, SIDE), 16 + 48 + 1);
    assertIdxFails(images, TestFiles.idxLabels(3), "more bytes than its header promises");
  }

  @Test
  void labelOutOfRange() throws Exception {
    byte[] labels = TestFiles.idxLabels(3);
    labels[9] = 10;
    assertIdxFails(TestFiles.idxImages(3, SIDE, SIDE), labels, "label 1 is 10", "0 to 9");
  }

  @Test
  void countsThatDiffer() throws Exception {
    assertIdxFails(
        TestFiles.idxImages(3, SIDE, SIDE), TestFiles.idxLabels(4), "3 images", "4 labels");
  }

  @Test
  void emptyFile() throws Exception {
    assertIdxFails(new byte[0], TestFiles.idxLabels(3), "empty");
  }

  @Test
  void aFolderInsteadOfAFile() throws Exception {
    Path labels = file("labels", TestFiles.idxLabels(3));
    assertThatThrownBy(() -> IdxReader.read("set", folder, labels, Digits.CLASSES))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("is a folder, expected a file");
  }

  @Test
  void cifarEndingWithinAnImage() throws Exception {
    Path cifar = file("data_batch_1.bin", Arrays.copyOf(TestFiles.cifar(2), 3073 + 100));
    assertThatThrownBy(() -> CifarReader.read("cifar10", List.of(cifar), Shapes.CLASSES))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("ends within an image", "100 of 3073");
  }

  @Test
  void missingSetNamesEveryPlaceAndTheAlternative() {
    assertThatThrownBy(() -> Datasets.open("mnist", folder, Datasets.Split.TRAIN))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            folder.resolve("mnist").toString(), "train-images-idx3-ubyte", "LeCun", "digits");
    assertThatThrownBy(() -> Datasets.open("nothing", null, Datasets.Split.TRAIN))
        .hasMessageContainingAll("'nothing'", "digits, shapes, mnist, fashion-mnist, cifar10");
  }

  @Test
  void aPictureThatCannotBeWrittenLeavesNothing() throws Exception {
    ImageSet set = Datasets.open("digits", null, Datasets.Split.TEST);
    Path target = folder.resolve("no/such/folder/x.png");
    assertThatThrownBy(() -> Pictures.png(set, 0, target))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("cannot be written");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  @Timeout(120)
  void twoThousandMutationsNeverCrash() throws Exception {
    SplittableRandom random = new SplittableRandom(20260101);
    byte[][] seeds = {
      TestFiles.idxImages(5, SIDE, SIDE),
      TestFiles.gzip(TestFiles.idxImages(5, SIDE, SIDE)),
      TestFiles.cifar(2),
      TestFiles.gzip(TestFiles.cifar(2))
    };
    Path labels = file("labels", TestFiles.idxLabels(5));
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      int kind = i % seeds.length;
      Path mutated = file("mutated", mutate(seeds[kind], random));
      try {
        if (kind < 2) {
          IdxReader.read("set", mutated, labels, Digits.CLASSES);
        } else {
          CifarReader.read("set", List.of(mutated), Shapes.CLASSES);
        }
      } catch (DataException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  private static byte[] mutate(byte[] seed, SplittableRandom random) {
    byte[] out = seed.clone();
    switch (random.nextInt(4)) {
      case 0 -> out = Arrays.copyOf(out, random.nextInt(out.length));
      case 1 -> out = Arrays.copyOf(out, out.length + 1 + random.nextInt(100));
      case 2 -> out[random.nextInt(Math.min(out.length, 18))] = (byte) random.nextInt();
      default -> {
        for (int i = 0; i < 8; i++) {
          out[random.nextInt(out.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return out;
  }
}
