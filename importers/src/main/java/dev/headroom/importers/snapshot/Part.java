package dev.headroom.importers.snapshot;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value inside a recording, with the way to it, so that an error says where it is. Works on what
 * both forms are read as: maps, lists, texts and numbers.
 */
record Part(String where, @Nullable Object value) {
  Part get(String key) throws IOException {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong("a dictionary");
    }
    String path = where.isEmpty() ? key : where + "." + key;
    if (!map.containsKey(key)) {
      throw new IOException(path + " is missing: this is no snapshot of PyTorch's allocator");
    }
    return new Part(path, map.get(key));
  }

  boolean has(String key) {
    return value instanceof Map<?, ?> map && map.get(key) != null;
  }

  int size() throws IOException {
    return list().size();
  }

  Part get(int index) throws IOException {
    List<?> list = list();
    if (index >= list.size()) {
      throw wrong("a list of more than " + index + " items");
    }
    return new Part(where + "[" + index + "]", list.get(index));
  }

  private List<?> list() throws IOException {
    if (value instanceof List<?> list) {
      return list;
    }
    throw wrong("a list");
  }

  long integer() throws IOException {
    if (value instanceof Long n) {
      return n;
    }
    if (value instanceof Integer n) {
      return n;
    }
    throw wrong("a whole number of at most 63 bits");
  }

  /** A number of bytes, from 0. */
  long bytes() throws IOException {
    long n = integer();
    if (n < 0 || n > 1L << 60) {
      throw wrong("a number of bytes");
    }
    return n;
  }

  /** An address on the device. */
  long address() throws IOException {
    long n = integer();
    if (n < 0 || n > 1L << 61) {
      throw wrong("an address");
    }
    return n;
  }

  String text() throws IOException {
    if (value instanceof String s) {
      return s;
    }
    throw wrong("a text");
  }

  IOException wrong(String expected) {
    String shown =
        switch (value) {
          case null -> "None";
          case List<?> list -> "a list of " + list.size();
          case Map<?, ?> map -> "a dictionary of " + map.size();
          case Object o -> {
            String s = String.valueOf(o);
            yield s.length() > 60 ? s.substring(0, 60) + "..." : s;
          }
        };
    return new IOException(
        (where.isEmpty() ? "the file" : where) + " is " + shown + ", expected " + expected);
  }
}
