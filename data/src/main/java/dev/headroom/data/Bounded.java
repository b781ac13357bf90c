package dev.headroom.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** A file, plain or gzip, read so that memory grows only with bytes that are really there. */
final class Bounded implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  /** Deflate cannot pack more than this many bytes into one. */
  private static final long MOST_PACKED = 1032;

  private final Path file;
  private final InputStream in;

  private Bounded(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  static Bounded open(Path file) {
    if (Files.isDirectory(file)) {
      throw new DataException(file + " is a folder, expected a file.");
    }
    if (!Files.exists(file)) {
      throw new DataException(file + " does not exist.");
    }
    try {
      BufferedInputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER);
      try {
        raw.mark(2);
        int first = raw.read();
        if (first < 0) {
          throw new DataException(file + " is empty. Copy it again.");
        }
        boolean gzip = first == 0x1f && raw.read() == 0x8b;
        raw.reset();
        return new Bounded(file, gzip ? new GZIPInputStream(raw, BUFFER) : raw);
      } catch (IOException | RuntimeException e) {
        raw.close();
        throw e;
      }
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /** Exactly n bytes. */
  byte[] read(long n, String what) {
    if (n > Integer.MAX_VALUE - 16) {
      throw new DataException(
          file + " promises " + n + " bytes of " + what + ", more than one array can hold.");
    }
    // A header may promise anything; only what the file can hold is allocated at once.
    byte[] bytes = n <= size() * MOST_PACKED ? readInto(new byte[(int) n]) : readUpTo((int) n);
    if (bytes.length < n) {
      throw new DataException(
          file
              + " ends early: "
              + n
              + " bytes of "
              + what
              + " expected, "
              + bytes.length
              + " found. The file is truncated; copy it again.");
    }
    return bytes;
  }

  private long size() {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /** Fills an array, or returns a shorter one at the end of the file. */
  private byte[] readInto(byte[] bytes) {
    try {
      int read = in.readNBytes(bytes, 0, bytes.length);
      return read == bytes.length ? bytes : Arrays.copyOf(bytes, read);
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /** At most n bytes, fewer only at the end of the file. */
  byte[] readUpTo(int n) {
    try {
      return in.readNBytes(n);
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /** Fails unless the file ends here. */
  void expectEnd() {
    if (readUpTo(1).length > 0) {
      throw new DataException(
          file + " holds more bytes than its header promises. It is damaged or not this format.");
    }
  }

  private static DataException damaged(Path file, IOException e) {
    String how =
        e instanceof EOFException
            ? "the gzip stream ends early (truncated)"
            : e instanceof ZipException
                ? "the gzip stream is damaged"
                : String.valueOf(e.getMessage());
    return new DataException(file + " cannot be read: " + how + ". Copy it again.", e);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }
}
