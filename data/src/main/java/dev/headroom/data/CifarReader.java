package dev.headroom.data;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10's binary format: per image one label byte, then 1,024 red, green and blue values each.
 */
public final class CifarReader {
  /** Shape of a CIFAR image. */
  public static final ImageFormat FORMAT = new ImageFormat(3, 32, 32);

  private static final int RECORD = 1 + FORMAT.values();
  private static final int CHUNK = RECORD * 1000;
  private static final int MAX_IMAGES = 500_000;

  private CifarReader() {}

  /**
   * Reads any number of batch files, plain or gzip, one after the other.
   *
   * @throws DataException if a file is missing, damaged, or holds half an image
   */
  public static ImageSet read(String name, List<Path> files, List<String> classes) {
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    for (Path file : files) {
      try (Bounded in = Bounded.open(file)) {
        for (byte[] part = in.readUpTo(CHUNK); part.length > 0; part = in.readUpTo(CHUNK)) {
          if (part.length % RECORD != 0) {
            throw new DataException(
                file
                    + " ends within an image: "
                    + part.length % RECORD
                    + " of "
                    + RECORD
                    + " bytes. It is truncated or not CIFAR-10's binary format.");
          }
          for (int at = 0; at < part.length; at += RECORD) {
            labels.write(part[at]);
            pixels.write(part, at + 1, FORMAT.values());
          }
          if (labels.size() > MAX_IMAGES) {
            throw new DataException(
                file + ": more than " + MAX_IMAGES + " images, which CIFAR-10 never has.");
          }
        }
      }
    }
    return new ImageSet(name, FORMAT, pixels.toByteArray(), labels.toByteArray(), classes);
  }
}
