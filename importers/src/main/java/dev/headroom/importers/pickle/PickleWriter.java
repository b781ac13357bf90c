package dev.headroom.importers.pickle;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes maps, lists, texts, numbers, truth values and null as a pickle (protocol 2). */
public final class PickleWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Texts come back often: each is written once. */
  private final Map<String, Integer> texts = new HashMap<>();

  private PickleWriter() {}

  /** The pickle of a tree. */
  public static byte[] write(@Nullable Object tree) {
    PickleWriter writer = new PickleWriter();
    writer.out.write(0x80);
    writer.out.write(2);
    writer.value(tree);
    writer.out.write('.');
    return writer.out.toByteArray();
  }

  private void value(@Nullable Object o) {
    switch (o) {
      case null -> out.write('N');
      case Boolean b -> out.write(b ? 0x88 : 0x89);
      case Integer n -> integer(n);
      case Long n -> integer(n);
      case Double d -> {
        out.write('G');
        bytes(Long.reverseBytes(Double.doubleToLongBits(d)), 8);
      }
      case String s -> text(s);
      case List<?> list -> {
        out.write(']');
        out.write('(');
        list.forEach(this::value);
        out.write('e');
      }
      case Map<?, ?> map -> {
        out.write('}');
        out.write('(');
        map.forEach(
            (key, value) -> {
              value(key);
              value(value);
            });
        out.write('u');
      }
      default -> throw new IllegalArgumentException("no plain data: " + o.getClass());
    }
  }

  private void integer(long n) {
    if (n == (int) n) {
      out.write('J');
      bytes(n, 4);
      return;
    }
    byte[] big = BigInteger.valueOf(n).toByteArray();
    out.write(0x8a);
    out.write(big.length);
    for (int i = big.length - 1; i >= 0; i--) {
      out.write(big[i]);
    }
  }

  private void text(String s) {
    Integer known = texts.get(s);
    if (known != null) {
      out.write('j');
      bytes(known, 4);
      return;
    }
    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    bytes(utf8.length, 4);
    out.writeBytes(utf8);
    out.write('r');
    bytes(texts.size(), 4);
    texts.put(s, texts.size());
  }

  /** Little-endian. */
  private void bytes(long n, int count) {
    for (int i = 0; i < count; i++) {
      out.write((int) (n >>> (8 * i)));
    }
  }
}
