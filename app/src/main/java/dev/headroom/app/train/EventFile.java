package dev.headroom.app.train;

import com.google.protobuf.CodedOutputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file: records of {@code tensorflow.Event} ({@code event.proto}, {@code
 * summary.proto}), each framed by its length and masked CRC-32C ({@code record_writer.h}).
 */
public final class EventFile implements AutoCloseable {
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int MASK_DELTA = 0xa282ead8;

  private final OutputStream out;

  private EventFile(OutputStream out) {
    this.out = out;
  }

  /** Makes a new file in a folder, which is made if it is not there. */
  public static EventFile in(Path folder) throws IOException {
    Files.createDirectories(folder);
    String name =
        String.format(
            Locale.ROOT,
            "events.out.tfevents.%010d.headroom.%d",
            System.currentTimeMillis() / 1000,
            ProcessHandle.current().pid());
    EventFile file =
        new EventFile(new BufferedOutputStream(Files.newOutputStream(folder.resolve(name))));
    file.event(
        now(), 0, (CodedOutputStream event) -> event.writeString(FILE_VERSION, "brain.Event:2"));
    return file;
  }

  /** Now, in seconds since 1970. */
  public static double now() {
    return System.currentTimeMillis() / 1000.0;
  }

  /** Adds one point of a curve, as of now. */
  void scalar(String tag, long step, double value) throws IOException {
    scalar(now(), tag, step, value);
  }

  /**
   * Adds one point of a curve.
   *
   * @param time when it was, in seconds since 1970
   */
  public void scalar(double time, String tag, long step, double value) throws IOException {
    byte[] point =
        bytes(
            v -> {
              v.writeString(VALUE_TAG, tag);
              v.writeFloat(VALUE_SIMPLE, (float) value);
            });
    byte[] summary = bytes(s -> s.writeByteArray(SUMMARY_VALUE, point));
    event(time, step, event -> event.writeByteArray(SUMMARY, summary));
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private interface Fields {
    void write(CodedOutputStream message) throws IOException;
  }

  private static byte[] bytes(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream message = CodedOutputStream.newInstance(bytes);
    fields.write(message);
    message.flush();
    return bytes.toByteArray();
  }

  private void event(double time, long step, Fields what) throws IOException {
    byte[] record =
        bytes(
            event -> {
              event.writeDouble(WALL_TIME, time);
              event.writeInt64(STEP, step);
              what.write(event);
            });
    byte[] length = littleEndian(Long.BYTES).putLong(record.length).array();
    out.write(length);
    out.write(littleEndian(Integer.BYTES).putInt(maskedCrc(length)).array());
    out.write(record);
    out.write(littleEndian(Integer.BYTES).putInt(maskedCrc(record)).array());
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }
}
