package dev.headroom.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;

/** Small files in the real formats, and the real ones where they are. */
final class TestFiles {
  private TestFiles() {}

  static byte[] idxImages(int count, int height, int width) {
    ByteBuffer out = ByteBuffer.allocate(16 + count * height * width);
    out.putInt(0x803).putInt(count).putInt(height).putInt(width);
    for (int i = 0; i < count * height * width; i++) {
      out.put((byte) (i * 7));
    }
    return out.array();
  }

  static byte[] idxLabels(int count) {
    ByteBuffer out = ByteBuffer.allocate(8 + count);
    out.putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      out.put((byte) (i % 10));
    }
    return out.array();
  }

  static byte[] cifar(int count) {
    byte[] out = new byte[count * 3073];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) (i % 3073 == 0 ? i / 3073 % 10 : i * 3);
    }
    return out;
  }

  static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The shared data sets, or the test is skipped. */
  static Path shared() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path found = at.resolve("shared/datasets");
      if (Files.isDirectory(found)) {
        return found;
      }
    }
    Assumptions.abort("skipped: no shared/datasets above the working directory");
    throw new IllegalStateException();
  }
}
