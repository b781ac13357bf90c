package dev.headroom.importers;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.jspecify.annotations.Nullable;

/**
 * A ZIP file as PyTorch writes it: every entry under one root folder. Only the directory is kept;
 * an entry's bytes are mapped when they are stored, inflated when they are not, and never more than
 * the directory says.
 */
final class Archive {
  /** Graphs of this size have far more calls than any network in use. */
  private static final long MAX_DOCUMENT_BYTES = 128L << 20;

  /** JSON packs about 20 to 1; above this, and above a megabyte, it is a trap. */
  private static final long MAX_RATIO = 200;

  private static final int CHUNK = 1 << 20;

  /**
   * Where the bytes of an entry lie.
   *
   * @param name below the root folder
   * @param offset of the first byte in the file
   * @param packedBytes bytes in the file
   * @param bytes unpacked
   * @param crc CRC-32 of the unpacked bytes
   * @param deflated whether they are packed
   */
  record Entry(
      String name, long offset, long packedBytes, long bytes, long crc, boolean deflated) {}

  private final Path file;
  private final Map<String, Entry> entries;

  private Archive(Path file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Reads the directory.
   *
   * @throws ImportException if it is no ZIP file, truncated, or not laid out as PyTorch does
   */
  static Archive open(Path file) throws IOException {
    long length = Files.size(file);
    Map<String, Entry> entries = new LinkedHashMap<>();
    try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
      String root = null;
      for (ZipArchiveEntry e : Collections.list(zip.getEntries())) {
        String name = e.getName();
        checkName(file, name);
        int slash = name.indexOf('/');
        String top = slash < 0 ? name : name.substring(0, slash);
        if (root != null && !root.equals(top)) {
          throw new ImportException(
              file
                  + " has entries in the folders '"
                  + root
                  + "' and '"
                  + top
                  + "': expected one"
                  + " root folder, as torch.export.save writes it.");
        }
        root = top;
        if (!e.isDirectory() && slash >= 0) {
          Entry entry = entry(file, e, name.substring(slash + 1), length);
          if (entries.put(entry.name(), entry) != null) {
            throw ImportException.damaged(file + ": the entry '" + name + "' is there twice");
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof ImportException i) {
        throw i;
      }
      throw new ImportException(
          file
              + " is not a whole ZIP archive: it may be truncated or damaged. Copy or export it"
              + " again ("
              + e.getMessage()
              + ").",
          e);
    }
    return new Archive(file, entries);
  }

  private static void checkName(Path file, String name) {
    if (name.startsWith("/")
        || name.indexOf('\\') >= 0
        || name.indexOf('\0') >= 0
        || List.of(name.split("/", -1)).contains("..")) {
      throw new ImportException(
          file
              + ": the entry name '"
              + name.replace('\0', '?')
              + "' leads out of the archive, which"
              + " PyTorch never writes. Do not trust this file.");
    }
  }

  private static Entry entry(Path file, ZipArchiveEntry e, String name, long length) {
    boolean deflated = e.getMethod() == ZipMethod.DEFLATED.getCode();
    boolean stored = e.getMethod() == ZipMethod.STORED.getCode();
    if (!(deflated || stored) || e.getGeneralPurposeBit().usesEncryption()) {
      throw new ImportException(
          file
              + ": the entry '"
              + name
              + "' is encrypted or packed in another way than stored or"
              + " deflated.");
    }
    Entry entry =
        new Entry(
            name, e.getDataOffset(), e.getCompressedSize(), e.getSize(), e.getCrc(), deflated);
    if (entry.offset() < 0
        || entry.packedBytes() < 0
        || entry.bytes() < 0
        || entry.packedBytes() > length - entry.offset()
        || (stored && entry.packedBytes() != entry.bytes())) {
      throw new ImportException(
          file
              + ": the entry '"
              + name
              + "' reaches beyond the end of the file, or its sizes"
              + " contradict each other. Copy or export it again.");
    }
    return entry;
  }

  Path file() {
    return file;
  }

  /** Names of all entries below the root folder. */
  Iterable<String> names() {
    return entries.keySet();
  }

  @Nullable Entry find(String name) {
    return entries.get(name);
  }

  /** An entry's text, without line ends at its end; null if there is no such entry. */
  @Nullable String text(String name) throws IOException {
    Entry entry = entries.get(name);
    return entry == null
        ? null
        : new String(document(entry), StandardCharsets.UTF_8).stripTrailing();
  }

  /**
   * An entry as JSON.
   *
   * @throws ImportException if it is missing, too large, or no JSON
   */
  Fields json(String name) throws IOException {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new ImportException(
          file + " has no entry '" + name + "'. Write it with torch.export.save of PyTorch 2.10.");
    }
    return JsonDocuments.read(new ByteArrayInputStream(document(entry)), file + ", " + name);
  }

  private byte[] document(Entry entry) throws IOException {
    if (entry.bytes() > MAX_DOCUMENT_BYTES
        || (entry.bytes() > CHUNK && entry.bytes() / MAX_RATIO > entry.packedBytes())) {
      throw new ImportException(
          String.format(
              "%s: the entry '%s' would unpack from %,d to %,d bytes, which no export needs."
                  + " Do not trust this file.",
              file, entry.name(), entry.packedBytes(), entry.bytes()));
    }
    byte[] out = new byte[(int) entry.bytes()];
    read(entry, 0, MemorySegment.ofArray(out));
    return out;
  }

  /**
   * Copies a part of an entry.
   *
   * @param skip bytes of the entry before that part
   * @throws ImportException if the entry is shorter, or its bytes are damaged
   */
  void read(Entry entry, long skip, MemorySegment target) throws IOException {
    if (skip < 0 || target.byteSize() > entry.bytes() - skip) {
      throw damaged(entry, "it is shorter than expected");
    }
    if (entry.packedBytes() == 0) {
      return;
    }
    CRC32 crc = new CRC32();
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment packed =
          channel.map(FileChannel.MapMode.READ_ONLY, entry.offset(), entry.packedBytes(), arena);
      if (entry.deflated()) {
        inflate(entry, packed, skip, target, crc);
      } else {
        target.copyFrom(packed.asSlice(skip, target.byteSize()));
        for (long at = 0; at < packed.byteSize(); at += CHUNK) {
          crc.update(chunk(packed, at));
        }
      }
    }
    if (crc.getValue() != entry.crc()) {
      throw damaged(entry, "its checksum is wrong");
    }
  }

  private void inflate(
      Entry entry, MemorySegment packed, long skip, MemorySegment target, CRC32 crc) {
    byte[] chunk = new byte[(int) Math.min(CHUNK, Math.max(1, entry.bytes()))];
    long produced = 0;
    long consumed = 0;
    try (Inflater inflater = new Inflater(true)) {
      while (!inflater.finished()) {
        if (inflater.needsInput() && consumed < packed.byteSize()) {
          ByteBuffer next = chunk(packed, consumed);
          consumed += next.remaining();
          inflater.setInput(next);
        }
        int n = inflater.inflate(chunk);
        if (n == 0 && !inflater.finished()) {
          if (inflater.needsDictionary() || consumed >= packed.byteSize()) {
            throw damaged(entry, "its packed bytes end too early");
          }
          continue;
        }
        if (produced + n > entry.bytes()) {
          throw damaged(entry, "it unpacks to more than the archive says");
        }
        long from = Math.max(skip, produced);
        long to = Math.min(skip + target.byteSize(), produced + n);
        if (from < to) {
          MemorySegment.copy(
              MemorySegment.ofArray(chunk), from - produced, target, from - skip, to - from);
        }
        crc.update(chunk, 0, n);
        produced += n;
      }
    } catch (DataFormatException e) {
      throw damaged(entry, "its packed bytes are damaged");
    }
    if (produced != entry.bytes()) {
      throw damaged(entry, "it unpacks to less than the archive says");
    }
  }

  private static ByteBuffer chunk(MemorySegment segment, long at) {
    return segment.asSlice(at, Math.min(CHUNK, segment.byteSize() - at)).asByteBuffer();
  }

  private ImportException damaged(Entry entry, String how) {
    return new ImportException(
        file
            + ": the entry '"
            + entry.name()
            + "' is damaged: "
            + how
            + ". Copy or export it again.");
  }
}
