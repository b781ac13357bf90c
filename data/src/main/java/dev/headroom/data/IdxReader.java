package dev.headroom.data;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The IDX format of MNIST and Fashion-MNIST: big-endian magic, sizes, then bytes. */
public final class IdxReader {
  private static final int IMAGES = 0x803;
  private static final int LABELS = 0x801;
  private static final int MAX_SIDE = 4096;

  private IdxReader() {}

  /**
   * Reads a pair of files, plain or gzip.
   *
   * @throws DataException if a file is missing, damaged, or the two do not fit together
   */
  public static ImageSet read(String name, Path images, Path labels, List<String> classes) {
    ImageFormat format;
    byte[] pixels;
    try (Bounded in = Bounded.open(images)) {
      ByteBuffer header = ByteBuffer.wrap(in.read(16, "header"));
      magic(images, header.getInt(), IMAGES, "images");
      long count = header.getInt() & 0xffffffffL;
      long height = header.getInt() & 0xffffffffL;
      long width = header.getInt() & 0xffffffffL;
      if (height == 0 || width == 0 || height > MAX_SIDE || width > MAX_SIDE) {
        throw new DataException(
            images + " says its images are " + height + " x " + width + ". The header is damaged.");
      }
      format = new ImageFormat(1, (int) height, (int) width);
      pixels = in.read(Math.multiplyExact(count, height * width), count + " images");
      in.expectEnd();
    }
    try (Bounded in = Bounded.open(labels)) {
      ByteBuffer header = ByteBuffer.wrap(in.read(8, "header"));
      magic(labels, header.getInt(), LABELS, "labels");
      long count = header.getInt() & 0xffffffffL;
      byte[] values = in.read(count, "labels");
      in.expectEnd();
      return new ImageSet(name, format, pixels, values, classes);
    }
  }

  private static void magic(Path file, int actual, int expected, String what) {
    if (actual != expected) {
      throw new DataException(
          String.format(
              "%s begins with 0x%08x, expected 0x%08x: it is no IDX file of %s.",
              file, actual, expected, what));
    }
  }
}
