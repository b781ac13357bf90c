package dev.headroom.importers;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** A stream that refuses to give more than so many bytes. */
final class Bounded extends FilterInputStream {
  private final Path file;
  private final long limit;
  private long given;

  Bounded(InputStream in, long limit, Path file) {
    super(in);
    this.limit = limit;
    this.file = file;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int n = super.read(target, offset, length);
    count(Math.max(0, n));
    return n;
  }

  private void count(int n) {
    given += n;
    if (given > limit) {
      throw new ImportException(
          String.format("%s holds more than %,d bytes, which no export needs.", file, limit));
    }
  }
}
