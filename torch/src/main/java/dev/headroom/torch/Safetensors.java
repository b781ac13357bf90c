package dev.headroom.torch;

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
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights as a safetensors file: 8 bytes of header length, a JSON header, then raw little-endian
 * values. The bytes depend on names, shapes and values alone.
 */
public final class Safetensors {
  private static final int ALIGNMENT = 8;

  private Safetensors() {}

  /**
   * Writes float32 tensors, in the order of the map, into a temporary file beside the target that
   * then takes its name: the target is either the old file or the whole new one.
   *
   * @throws IOException if the folder is missing or not writable, or the disk is full
   */
  public static void write(Path file, Map<String, Tensor> tensors, TorchEngine engine)
      throws IOException {
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      TensorType type = engine.type(entry.getValue());
      String shape =
          type.shape().stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
      header.append(offset == 0 ? "" : ",");
      header.append('"').append(entry.getKey()).append("\":{\"dtype\":\"F32\",\"shape\":");
      header.append(shape).append(",\"data_offsets\":[").append(offset).append(',');
      offset += type.bytes();
      header.append(offset).append("]}");
    }
    header.append('}');
    while (header.length() % ALIGNMENT != 0) {
      header.append(' ');
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES + json.length).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(json.length).put(json).flip();
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling("." + target.getFileName() + ".part");
    try {
      try (FileChannel out =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        writeAll(out, start);
        for (Tensor tensor : tensors.values()) {
          MemorySegment memory = Values.memory(tensor);
          writeAll(out, memory.asByteBuffer());
        }
        out.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
