package dev.headroom.torch;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Weights as a safetensors file: 8 bytes of header length, a JSON header, then raw little-endian
 * values.
 */
public final class Safetensors {
  /** Ending of the temporary files, which begin with a dot. */
  public static final String PART = ".part";

  private static final int ALIGNMENT = 8;
  private static final long PIECE = 1 << 20;

  private Safetensors() {}

  /**
   * Writes weights alone, in the order of the map: the same weights give the same bytes.
   *
   * @throws IOException if the folder is missing or not writable, or the disk is full
   */
  public static void write(Path file, Map<String, Tensor> tensors, TorchEngine engine)
      throws IOException {
    write(file, header(tensors, "", engine), tensors);
  }

  /**
   * Writes tensors of any type with metadata, to which a checksum over the whole file is added;
   * {@link TensorFile} reads it.
   *
   * @throws IOException as above
   */
  public static void write(
      Path file, Map<String, Tensor> tensors, Map<String, String> metadata, TorchEngine engine)
      throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(header(tensors, metadata(metadata, TensorFile.NO_CHECKSUM), engine).array());
    for (Tensor tensor : tensors.values()) {
      for (MemorySegment piece : pieces(tensor)) {
        crc.update(piece.asByteBuffer());
      }
    }
    write(file, header(tensors, metadata(metadata, TensorFile.hex(crc)), engine), tensors);
  }

  private static String metadata(Map<String, String> metadata, String checksum) {
    StringBuilder out = new StringBuilder("\"__metadata__\":{\"" + TensorFile.CHECKSUM + "\":\"");
    out.append(checksum).append('"');
    metadata.forEach(
        (key, value) -> out.append(",").append(quoted(key)).append(':').append(quoted(value)));
    return out.append('}').toString();
  }

  private static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  private static ByteBuffer header(
      Map<String, Tensor> tensors, String metadata, TorchEngine engine) {
    StringBuilder header = new StringBuilder("{").append(metadata);
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      TensorType type = engine.type(entry.getValue());
      String shape =
          type.shape().stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
      header.append(header.length() == 1 ? "" : ",").append(quoted(entry.getKey()));
      header.append(":{\"dtype\":\"").append(name(type.dtype())).append("\",\"shape\":");
      header.append(shape).append(",\"data_offsets\":[").append(offset).append(',');
      offset += type.bytes();
      header.append(offset).append("]}");
    }
    header.append('}');
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer out = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(padded).put(json);
    while (out.hasRemaining()) {
      out.put((byte) ' ');
    }
    return out.flip();
  }

  /** Writes a file beside the target that then takes its name: it is the old one or the new one. */
  private static void write(Path file, ByteBuffer header, Map<String, Tensor> tensors)
      throws IOException {
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling("." + target.getFileName() + PART);
    try {
      try (FileChannel out =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        writeAll(out, header);
        for (Tensor tensor : tensors.values()) {
          for (MemorySegment piece : pieces(tensor)) {
            writeAll(out, piece.asByteBuffer());
          }
        }
        out.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      syncFolder(target.getParent());
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** A tensor's memory in pieces that a buffer can hold. */
  private static List<MemorySegment> pieces(Tensor tensor) {
    MemorySegment memory = Values.memory(tensor);
    List<MemorySegment> out = new ArrayList<>();
    for (long at = 0; at < memory.byteSize(); at += PIECE) {
      out.add(memory.asSlice(at, Math.min(PIECE, memory.byteSize() - at)));
    }
    return out;
  }

  /** The new name is on the disk only when its folder is; Windows has no such call. */
  private static void syncFolder(@Nullable Path folder) throws IOException {
    if (folder != null && !System.getProperty("os.name", "").startsWith("Windows")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static String name(DType dtype) {
    return switch (dtype) {
      case UINT8 -> "U8";
      case INT8 -> "I8";
      case INT16 -> "I16";
      case INT32 -> "I32";
      case INT64 -> "I64";
      case FLOAT16 -> "F16";
      case BFLOAT16 -> "BF16";
      case FLOAT32 -> "F32";
      case FLOAT64 -> "F64";
      case BOOL -> "BOOL";
      case COMPLEX64 -> "C64";
      case COMPLEX128 -> throw new IllegalArgumentException("safetensors has no " + dtype);
    };
  }

  /** Our type for a name in a header, or null. */
  static @Nullable DType dtype(String name) {
    for (DType dtype : DType.values()) {
      if (dtype != DType.COMPLEX128 && name(dtype).equals(name)) {
        return dtype;
      }
    }
    return null;
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
