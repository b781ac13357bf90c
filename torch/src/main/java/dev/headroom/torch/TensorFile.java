package dev.headroom.torch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads a safetensors file whose metadata holds its own checksum ({@link Safetensors#write} puts it
 * there), in pieces, so that its size does not matter. Every failure is an {@link IOException} that
 * says what is wrong with the file.
 */
public final class TensorFile {
  /** Key of the checksum: CRC32C of the whole file, with this value as zeros, in hexadecimal. */
  static final String CHECKSUM = "crc32c";

  static final String NO_CHECKSUM = "00000000";

  private static final int MAX_HEADER = 64 << 20;
  private static final int PIECE = 1 << 20;

  private final Path file;
  private final long dataStart;
  private final Map<String, String> metadata;
  private final Map<String, Entry> entries;

  /** A tensor, and where its values lie after the header. */
  private record Entry(TensorType type, long from, long to) {}

  private TensorFile(
      Path file, long dataStart, Map<String, String> metadata, Map<String, Entry> entries) {
    this.file = file;
    this.dataStart = dataStart;
    this.metadata = metadata;
    this.entries = entries;
  }

  /**
   * Reads the header and checks every byte of the file against the checksum.
   *
   * @throws IOException if the file cannot be read, is cut short, or was changed
   */
  public static TensorFile open(Path file) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      readAll(in, length, 0);
      long headerBytes = length.getLong(0);
      if (headerBytes < 2 || headerBytes > Math.min(MAX_HEADER, in.size() - Long.BYTES)) {
        throw new IOException("its header length, " + headerBytes + ", cannot be right");
      }
      ByteBuffer header = ByteBuffer.allocate((int) headerBytes);
      readAll(in, header, Long.BYTES);
      TensorFile opened;
      try {
        opened = parse(file, header.array());
      } catch (RuntimeException e) {
        throw new IOException("its header makes no sense: " + e.getMessage(), e);
      }
      opened.check(in, length.array(), header.array());
      return opened;
    }
  }

  /** What was said about the file when it was written. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Type of every tensor, in the order of the file. */
  public Map<String, TensorType> types() {
    Map<String, TensorType> types = new LinkedHashMap<>();
    entries.forEach((name, entry) -> types.put(name, entry.type()));
    return types;
  }

  /**
   * Copies values into tensors of the same names and types, straight from the file.
   *
   * @throws IOException if the file cannot be read or lacks one of them
   */
  public void read(Map<String, Tensor> into) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      for (Map.Entry<String, Tensor> target : into.entrySet()) {
        Entry entry = entries.get(target.getKey());
        MemorySegment memory = Values.memory(target.getValue());
        if (entry == null || entry.to() - entry.from() != memory.byteSize()) {
          throw new IOException("it has no " + target.getKey() + " of the size that is needed");
        }
        for (long at = 0; at < memory.byteSize(); at += PIECE) {
          long piece = Math.min(PIECE, memory.byteSize() - at);
          readAll(in, memory.asSlice(at, piece).asByteBuffer(), dataStart + entry.from() + at);
        }
      }
    }
  }

  private void check(FileChannel in, byte[] length, byte[] header) throws IOException {
    String written = metadata.get(CHECKSUM);
    if (written == null) {
      throw new IOException("it carries no checksum");
    }
    long end = dataStart;
    for (Entry entry : entries.values()) {
      end = Math.max(end, dataStart + entry.to());
    }
    if (in.size() != end) {
      throw new IOException("it has " + in.size() + " bytes, expected " + end);
    }
    CRC32C crc = new CRC32C();
    crc.update(length);
    crc.update(
        new String(header, StandardCharsets.UTF_8)
            .replace("\"" + CHECKSUM + "\":\"" + written, "\"" + CHECKSUM + "\":\"" + NO_CHECKSUM)
            .getBytes(StandardCharsets.UTF_8));
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    for (long at = dataStart; at < end; at += piece.limit()) {
      piece.clear().limit((int) Math.min(PIECE, end - at));
      readAll(in, piece, at);
      crc.update(piece.flip());
    }
    String found = hex(crc);
    if (!found.equals(written)) {
      throw new IOException("its checksum is " + found + ", expected " + written);
    }
  }

  static String hex(CRC32C crc) {
    return String.format("%08x", crc.getValue());
  }

  private static void readAll(FileChannel in, ByteBuffer into, long from) throws IOException {
    long at = from;
    while (into.hasRemaining()) {
      int count = in.read(into, at);
      if (count < 0) {
        throw new IOException("it ends early, at byte " + at);
      }
      at += count;
    }
  }

  private static TensorFile parse(Path file, byte[] header) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Entry> entries = new LinkedHashMap<>();
    try (JsonParser json = new JsonFactory().createParser(header)) {
      expect(json.nextToken(), JsonToken.START_OBJECT);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        expect(json.nextToken(), JsonToken.START_OBJECT);
        if (name.equals("__metadata__")) {
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            metadata.put(json.currentName(), json.nextTextValue());
          }
        } else {
          entries.put(name, entry(name, json));
        }
      }
    }
    return new TensorFile(file, (long) Long.BYTES + header.length, metadata, entries);
  }

  private static Entry entry(String name, JsonParser json) throws IOException {
    String dtype = "";
    List<Long> shape = List.of();
    List<Long> offsets = List.of();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      switch (json.currentName()) {
        case "dtype" -> dtype = json.nextTextValue();
        case "shape" -> shape = numbers(json);
        case "data_offsets" -> offsets = numbers(json);
        default -> throw new IOException("its header has an unknown field for " + name);
      }
    }
    DType known = Safetensors.dtype(dtype);
    if (known == null || offsets.size() != 2 || shape.stream().anyMatch(n -> n < 0)) {
      throw new IOException("its header makes no sense for " + name);
    }
    TensorType type = TensorType.of(known, shape);
    long from = offsets.get(0);
    if (from < 0 || offsets.get(1) - from != type.bytes()) {
      throw new IOException("its header gives " + name + " a size that is not its type's");
    }
    return new Entry(type, from, offsets.get(1));
  }

  private static List<Long> numbers(JsonParser json) throws IOException {
    expect(json.nextToken(), JsonToken.START_ARRAY);
    List<Long> out = new ArrayList<>();
    while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
      out.add(json.getLongValue());
    }
    expect(json.currentToken(), JsonToken.END_ARRAY);
    return out;
  }

  private static void expect(JsonToken found, JsonToken expected) throws IOException {
    if (found != expected) {
      throw new IOException("its header is no safetensors header");
    }
  }
}
