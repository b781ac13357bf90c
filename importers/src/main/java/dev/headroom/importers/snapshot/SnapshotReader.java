package dev.headroom.importers.snapshot;

import dev.headroom.allocator.Trace;
import dev.headroom.importers.pickle.Pickle;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Opens a recording of PyTorch's CUDA allocator: the pickle that {@code
 * torch.cuda.memory._dump_snapshot} writes, or Headroom's JSON, each plain or compressed with gzip.
 * The content decides, not the name.
 */
public final class SnapshotReader {
  /** Recordings of real trainings take some hundred MiB; more is refused. */
  static final long MAX_BYTES = 1L << 30;

  /** JSON is held as a tree while it is read. */
  static final long MAX_JSON_BYTES = 256L << 20;

  private SnapshotReader() {}

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read, is damaged, too large, or no recording; the message
   *     names the file and the place in it
   */
  public static Trace read(Path file) throws IOException {
    byte[] data;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      data = bounded(in, file.toString());
    }
    return parse(data, file.toString());
  }

  /** The same for what was read already; the name is for messages. */
  public static Trace parse(byte[] data, String name) throws IOException {
    try {
      byte[] plain = data;
      if (data.length > 2 && (data[0] & 0xff) == 0x1f && (data[1] & 0xff) == 0x8b) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(data))) {
          plain = bounded(in, name);
        }
      }
      int first = 0;
      while (first < plain.length && Character.isWhitespace(plain[first])) {
        first++;
      }
      if (first < plain.length && plain[first] == '{') {
        if (plain.length > MAX_JSON_BYTES) {
          throw new IOException("the JSON has more than " + (MAX_JSON_BYTES >> 20) + " MiB");
        }
        return JsonTrace.read(plain);
      }
      if (plain.length == 0) {
        throw new IOException("the file is empty");
      }
      return PickledTrace.read(Pickle.read(plain));
    } catch (EOFException e) {
      throw new IOException(name + " ends early: it is truncated. Copy it again.", e);
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new IOException(name + ": " + message, e);
    }
  }

  private static byte[] bounded(InputStream in, String name) throws IOException {
    byte[] data = in.readNBytes((int) MAX_BYTES);
    if (in.read() >= 0) {
      throw new IOException(name + ": more than " + (MAX_BYTES >> 20) + " MiB are refused");
    }
    return data;
  }
}
