package dev.headroom.data;

import java.util.Arrays;
import java.util.List;

/** Labelled images in one compact byte array: uint8, channels first, image after image. */
public final class ImageSet {
  private final String name;
  private final ImageFormat format;
  private final byte[] pixels;
  private final byte[] labels;
  private final List<String> classes;

  /**
   * Wraps arrays without copying them.
   *
   * @throws DataException if pixels, labels and classes do not fit together
   */
  public ImageSet(
      String name, ImageFormat format, byte[] pixels, byte[] labels, List<String> classes) {
    if (pixels.length != (long) labels.length * format.values()) {
      throw new DataException(
          name
              + ": "
              + pixels.length / format.values()
              + " images but "
              + labels.length
              + " labels. Take both files from the same set.");
    }
    for (int i = 0; i < labels.length; i++) {
      if ((labels[i] & 0xff) >= classes.size()) {
        throw new DataException(
            name
                + ": label "
                + i
                + " is "
                + (labels[i] & 0xff)
                + ", expected 0 to "
                + (classes.size() - 1)
                + ". The file is damaged or holds another kind of labels.");
      }
    }
    this.name = name;
    this.format = format;
    this.pixels = pixels;
    this.labels = labels;
    this.classes = List.copyOf(classes);
  }

  /** What the user calls it. */
  public String name() {
    return name;
  }

  /** Shape of every image. */
  public ImageFormat format() {
    return format;
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /** Class names by label. */
  public List<String> classes() {
    return classes;
  }

  /** Label of an image. */
  public int label(int index) {
    return labels[index] & 0xff;
  }

  /** A value of an image as 0 to 255; {@code offset} counts channel by channel, row by row. */
  public int pixel(int index, int offset) {
    return pixels[index * format.values() + offset] & 0xff;
  }

  /** How many images every class has. */
  public int[] classCounts() {
    int[] counts = new int[classes.size()];
    for (byte label : labels) {
      counts[label & 0xff]++;
    }
    return counts;
  }

  /** The first n images, or all if there are fewer. */
  public ImageSet first(int n) {
    int count = Math.min(n, size());
    return new ImageSet(
        name,
        format,
        Arrays.copyOf(pixels, count * format.values()),
        Arrays.copyOf(labels, count),
        classes);
  }

  byte[] rawPixels() {
    return pixels;
  }
}
