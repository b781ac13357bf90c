package dev.headroom.importers;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Reads networks from files, whose kind is seen from their first bytes. */
public final class NetworkFiles {
  private static final int GZIP = 0x1f;

  private NetworkFiles() {}

  /**
   * Reads a network.
   *
   * @param file the {@code model.json} of an archive, plain or gzipped
   * @throws ImportException if it is damaged or not supported
   * @throws IOException if it cannot be read at all
   */
  public static ImportedModel read(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      in.mark(1);
      int first = in.read();
      in.reset();
      InputStream json = first == GZIP ? new GZIPInputStream(in) : in;
      return ModelReader.read(JsonDocuments.read(json, name), name.replaceAll("\\..*", ""));
    }
  }
}
