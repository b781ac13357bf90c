package dev.headroom.data;

import dev.headroom.data.Loading.Augment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * A prepared batch outside the Java heap: normalised float32 images, channels first, and int64
 * labels. Belongs to its {@link BatchSource}, which fills it again after {@link
 * BatchSource#recycle}.
 */
public final class Batch {
  private final MemorySegment images;
  private final MemorySegment labels;
  private final float[] image;
  private int size;

  Batch(Arena arena, int capacity, int values) {
    images = arena.allocate((long) capacity * values * Float.BYTES, 64);
    labels = arena.allocate((long) capacity * Long.BYTES, 64);
    image = new float[values];
  }

  /** Images in this batch. */
  public int size() {
    return size;
  }

  /** float32, {@code size x channels x height x width}; may be longer than that. */
  public MemorySegment images() {
    return images;
  }

  /** int64, {@code size}; may be longer than that. */
  public MemorySegment labels() {
    return labels;
  }

  void fill(
      ImageSet set, float[][] table, int[] order, int from, int count, Augment augment, long seed) {
    boolean changes = augment.padding() > 0 || augment.flip();
    for (int i = 0; i < count; i++) {
      int index = order[from + i];
      if (changes) {
        // A place's own generator: who prepares it, and in which batch, makes no difference.
        SplittableRandom random = new SplittableRandom(seed + from + i);
        int span = 2 * augment.padding() + 1;
        int down = random.nextInt(span) - augment.padding();
        int right = random.nextInt(span) - augment.padding();
        changed(set, table, index, down, right, augment.flip() && random.nextBoolean());
      } else {
        plain(set, table, index);
      }
      MemorySegment.copy(
          image,
          0,
          images,
          ValueLayout.JAVA_FLOAT,
          (long) i * image.length * Float.BYTES,
          image.length);
      labels.setAtIndex(ValueLayout.JAVA_LONG, i, set.label(index));
    }
    size = count;
  }

  private void plain(ImageSet set, float[][] table, int index) {
    int plane = set.format().height() * set.format().width();
    byte[] pixels = set.rawPixels();
    int source = index * image.length;
    int at = 0;
    for (float[] channel : table) {
      for (int p = 0; p < plane; p++) {
        image[at++] = channel[pixels[source++] & 0xff];
      }
    }
  }

  /**
   * The window of the image's size that begins {@code down} rows and {@code right} columns from its
   * corner; what lies outside is black, before it is normalised.
   */
  private void changed(
      ImageSet set, float[][] table, int index, int down, int right, boolean mirrored) {
    int height = set.format().height();
    int width = set.format().width();
    byte[] pixels = set.rawPixels();
    int at = 0;
    int source = index * image.length;
    for (float[] channel : table) {
      for (int y = 0; y < height; y++) {
        int row = y + down;
        boolean outside = row < 0 || row >= height;
        for (int x = 0; x < width; x++) {
          int column = right + (mirrored ? width - 1 - x : x);
          image[at++] =
              outside || column < 0 || column >= width
                  ? channel[0]
                  : channel[pixels[source + row * width + column] & 0xff];
        }
      }
      source += height * width;
    }
  }
}
