package dev.headroom.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.data.Loading.Augment;
import dev.headroom.data.Loading.Order;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadingTest {
  private final ImageSet shapes = Datasets.open("shapes", null, Datasets.Split.TEST);
  private final Normalize normalize = Normalize.of(shapes.format());

  private static List<Integer> hashes(ImageSet set, Loading loading) {
    List<Integer> out = new ArrayList<>();
    try (BatchSource source = new BatchSource(set, Normalize.of(set.format()), loading)) {
      for (Batch b = source.next(); b != null; b = source.next()) {
        long bytes = (long) b.size() * set.format().values() * Float.BYTES;
        out.add(
            Arrays.hashCode(b.images().asSlice(0, bytes).toArray(ValueLayout.JAVA_FLOAT))
                + Arrays.hashCode(
                    b.labels().asSlice(0, 8L * b.size()).toArray(ValueLayout.JAVA_LONG)));
        source.recycle(b);
      }
    }
    return out;
  }

  @Test
  void anyNumberOfWorkersGivesTheSameBytes() {
    for (Order order : Order.values()) {
      List<Integer> one =
          hashes(shapes, new Loading(64, order, 7, 2, false, Augment.CROP_AND_FLIP, 1));
      assertThat(one).hasSize(32);
      for (int workers : new int[] {2, 5, 64}) {
        Loading many = new Loading(64, order, 7, 2, false, Augment.CROP_AND_FLIP, workers);
        assertThat(hashes(shapes, many)).as(order + ", " + workers).isEqualTo(one);
      }
      Loading again = new Loading(64, order, 7, 3, false, Augment.CROP_AND_FLIP, 2);
      assertThat(hashes(shapes, again)).isNotEqualTo(one);
    }
  }

  @Test
  void theLastBatchIsDroppedOnRequest() {
    assertThat(hashes(shapes, new Loading(300, Order.SHUFFLED, 1, 1, true, Augment.NONE, 2)))
        .hasSize(6);
    assertThat(hashes(shapes, new Loading(300, Order.SHUFFLED, 1, 1, false, Augment.NONE, 2)))
        .hasSize(7);
    assertThat(hashes(shapes, new Loading(5000, Order.SHUFFLED, 1, 1, true, Augment.NONE, 2)))
        .isEmpty();
  }

  @Test
  void everyClassIsDrawnAlikeHoweverRareItIs() {
    // 990 images of class 0, 10 of class 2, none of class 1.
    byte[] labels = new byte[1000];
    Arrays.fill(labels, 990, 1000, (byte) 2);
    ImageSet set =
        new ImageSet(
            "uneven", new ImageFormat(1, 1, 1), new byte[1000], labels, List.of("a", "b", "c"));
    int[] counts = new int[3];
    try (BatchSource source =
        new BatchSource(
            set,
            Normalize.of(set.format()),
            new Loading(10, Order.BALANCED, 1, 1, false, Augment.NONE, 3))) {
      for (Batch b = source.next(); b != null; b = source.next()) {
        for (int i = 0; i < b.size(); i++) {
          counts[(int) b.labels().getAtIndex(ValueLayout.JAVA_LONG, i)]++;
        }
        source.recycle(b);
      }
    }
    assertThat(counts[0] + counts[2]).isEqualTo(1000);
    assertThat(counts[1]).isZero();
    assertThat(counts[2]).isBetween(430, 570);
  }

  @Test
  void cropShiftsAndFlipMirrors() {
    // One image whose values are their own place: 1 to 12, so that 0 is outside.
    byte[] pixels = new byte[12];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i + 1);
    }
    ImageFormat format = new ImageFormat(1, 3, 4);
    ImageSet set = new ImageSet("one", format, pixels, new byte[1], List.of("a"));
    Normalize n = Normalize.of(format);
    boolean[] shifts = new boolean[9];
    int mirrored = 0;
    int runs = 400;
    for (int seed = 0; seed < runs; seed++) {
      try (BatchSource source =
          new BatchSource(
              set, n, new Loading(1, Order.SHUFFLED, seed, 1, false, new Augment(1, true), 1))) {
        int[][] seen = new int[3][4];
        Batch b = source.next();
        for (int i = 0; i < 12; i++) {
          seen[i / 4][i % 4] =
              Normalize.toByte(n.undo(0, b.images().getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
        // The middle of the picture is always inside: it tells the shift and the direction.
        boolean flipped = seen[1][1] > seen[1][2];
        int left = flipped ? seen[1][2] : seen[1][1];
        int down = (left - 1) / 4 - 1;
        int right = (left - 1) % 4 - 1;
        shifts[(down + 1) * 3 + right + 1] = true;
        mirrored += flipped ? 1 : 0;
        for (int y = 0; y < 3; y++) {
          for (int x = 0; x < 4; x++) {
            int row = y + down;
            int column = (flipped ? 3 - x : x) + right;
            boolean inside = row >= 0 && row < 3 && column >= 0 && column < 4;
            assertThat(seen[y][x]).isEqualTo(inside ? row * 4 + column + 1 : 0);
          }
        }
      }
    }
    assertThat(shifts).doesNotContain(false);
    assertThat(mirrored).isBetween(150, 250);
  }

  @Test
  void aFolderOfPngAndJpegIsASet(@TempDir Path folder) throws Exception {
    for (String name : new String[] {"blue", "red"}) {
      Path files = Files.createDirectory(folder.resolve(name));
      for (int i = 0; i < 10; i++) {
        BufferedImage image = new BufferedImage(8 + i, 8, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(name.equals("red") ? Color.RED : Color.BLUE);
        g.fillRect(0, 0, 100, 100);
        g.dispose();
        String kind = i % 2 == 0 ? "png" : "jpg";
        ImageIO.write(image, kind, files.resolve("i" + i + "." + kind).toFile());
      }
      Files.writeString(files.resolve("notes.txt"), "no image");
    }
    ImageFolder found = ImageFolder.of(folder);
    assertThat(found.facts()).isEqualTo(new Datasets.Facts(new ImageFormat(3, 8, 8), 2, 18, 2));
    ImageSet train = found.read(Datasets.Split.TRAIN);
    assertThat(train.classes()).containsExactly("blue", "red");
    for (int i = 0; i < train.size(); i++) {
      int redness = train.pixel(i, 20);
      int blueness = train.pixel(i, 2 * 64 + 20);
      assertThat(train.label(i) == 1 ? redness : blueness).isGreaterThan(240);
      assertThat(train.label(i) == 1 ? blueness : redness).isLessThan(15);
    }
    Files.writeString(folder.resolve("red/broken.png"), "\u0089PNG but then nothing");
    assertThatThrownBy(() -> ImageFolder.of(folder).read(Datasets.Split.TRAIN))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("broken.png");
    assertThatThrownBy(() -> ImageFolder.of(folder.resolve("red")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("0 folders");
  }
}
