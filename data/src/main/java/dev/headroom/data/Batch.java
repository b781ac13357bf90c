package dev.headroom.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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

  void fill(ImageSet set, float[][] table, int[] order, int from, int count) {
    int plane = set.format().height() * set.format().width();
    byte[] pixels = set.rawPixels();
    int values = set.format().values();
    for (int i = 0; i < count; i++) {
      int index = order[from + i];
      int source = index * values;
      int at = 0;
      for (float[] channel : table) {
        for (int p = 0; p < plane; p++) {
          image[at++] = channel[pixels[source++] & 0xff];
        }
      }
      MemorySegment.copy(
          image, 0, images, ValueLayout.JAVA_FLOAT, (long) i * values * Float.BYTES, values);
      labels.setAtIndex(ValueLayout.JAVA_LONG, i, set.label(index));
    }
    size = count;
  }
}
