package dev.headroom.importers.pickle;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickle of plain data (protocols 0 to 5) and nothing else. It never looks up a class,
 * calls a function or touches a file: the one global that it knows, {@code
 * collections.OrderedDict}, becomes a map, every other is refused by its name.
 *
 * <p>Values: null, {@link Boolean}, {@link Long}, {@link BigInteger}, {@link Double}, {@link
 * String}, {@code byte[]}, {@code List<Object>} for lists, tuples and sets, {@code Map<Object,
 * Object>}. Objects that the pickle shares are shared here too, so that memory stays within a small
 * multiple of the input. A structure may contain itself: readers must not recurse blindly.
 *
 * @see <a href="https://docs.python.org/3/library/pickletools.html">pickletools: every opcode</a>
 */
public final class Pickle {
  /** Globals that snapshots use: they stand for plain data. */
  static final Set<String> GLOBALS = Set.of("collections.OrderedDict");

  /** A global, once its name was found harmless. */
  private record Global(String name) {}

  private final byte[] data;
  private int at;
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();

  private Pickle(byte[] data) {
    this.data = data;
  }

  /**
   * Reads the one object that a pickle holds.
   *
   * @throws PickleException if it is damaged, or asks for anything but plain data
   */
  public static @Nullable Object read(byte[] data) throws PickleException {
    Pickle pickle = new Pickle(data);
    try {
      return pickle.run();
    } catch (OutOfMemoryError e) {
      throw new PickleException("the pickle needs more memory than there is", pickle.at);
    }
  }

  private @Nullable Object run() throws PickleException {
    while (true) {
      int op = u1();
      if (op == '.') {
        if (stack.size() != 1 || !marks.isEmpty()) {
          throw fail("the pickle ends with " + stack.size() + " values on its stack, expected 1");
        }
        return pop();
      }
      step(op);
    }
  }

  private void step(int op) throws PickleException {
    switch (op) {
      case 0x80 -> protocol();
      case 0x95 -> frame();
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) u1());
      case 'M' -> push(u1() | (long) u1() << 8);
      case 'J' -> push((long) (int) unsigned(4));
      case 0x8a -> push(integer(u1()));
      case 0x8b -> push(integer(length(4)));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(unsigned(8))));
      case 'I', 'L' -> push(textInteger(line()));
      case 'F' -> push(textDouble(line()));
      case 'V' -> push(line());
      case 'S' -> push(quoted(line()));
      case 0x8c -> push(text(u1()));
      case 'X' -> push(text(length(4)));
      case 0x8d -> push(text(length(8)));
      case 'U' -> push(text(u1()));
      case 'T' -> push(text(length(4)));
      case 'C' -> push(bytes(u1()));
      case 'B' -> push(bytes(length(4)));
      case 0x8e, 0x96 -> push(bytes(length(8)));
      case '(' -> marks.add(stack.size());
      case '0' -> {
        if (!marks.isEmpty() && marks.getLast() == stack.size()) {
          marks.removeLast();
        } else {
          pop();
        }
      }
      case '1' -> sinceMark();
      case '2' -> push(top());
      case ']', ')', 0x8f -> push(new ArrayList<>());
      case '}' -> push(new LinkedHashMap<>());
      case 'l', 't', 0x91 -> push(sinceMark());
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 'd' -> {
        List<@Nullable Object> items = sinceMark();
        Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
        putAll(map, items);
        push(map);
      }
      case 'a' -> {
        Object item = pop();
        list(top()).add(item);
      }
      case 'e', 0x90 -> {
        List<@Nullable Object> items = sinceMark();
        list(top()).addAll(items);
      }
      case 's' -> {
        Object value = pop();
        Object key = pop();
        map(top()).put(key(key), value);
      }
      case 'u' -> {
        List<@Nullable Object> items = sinceMark();
        putAll(map(top()), items);
      }
      case 'p' -> memo.put(memoIndex(line()), top());
      case 'q' -> memo.put(u1(), top());
      case 'r' -> memo.put((int) unsigned(4), top());
      case 0x94 -> memo.put(memo.size(), top());
      case 'g' -> get(memoIndex(line()));
      case 'h' -> get(u1());
      case 'j' -> get((int) unsigned(4));
      case 'c' -> global(line(), line());
      case 0x93 -> {
        Object name = pop();
        Object module = pop();
        global(String.valueOf(module), String.valueOf(name));
      }
      case 'R', 0x81 -> reduce();
      default -> throw refused(op);
    }
  }

  private PickleException refused(int op) {
    String what =
        switch (op) {
          case 'i' -> "builds an instance of a class (INST)";
          case 'o' -> "builds an instance of a class (OBJ)";
          case 'b' -> "sets the state of an object (BUILD)";
          case 0x92 -> "builds an instance of a class (NEWOBJ_EX)";
          case 'P', 'Q' -> "refers to an object outside the file (PERSID)";
          case 0x82, 0x83, 0x84 -> "uses the registry of extensions (EXT)";
          case 0x97, 0x98 -> "uses a buffer outside the file (NEXT_BUFFER)";
          default -> String.format("has an unknown instruction 0x%02x", op);
        };
    return fail("the pickle " + what + "; only plain data is read");
  }

  private void protocol() throws PickleException {
    int version = u1();
    if (version > 5) {
      throw fail("the pickle has protocol " + version + ", expected at most 5");
    }
  }

  private void frame() throws PickleException {
    long bytes = unsigned(8);
    if (bytes < 0 || bytes > data.length - at) {
      throw fail("a frame is longer than the rest of the file: the pickle is cut off");
    }
  }

  private void global(String module, String name) throws PickleException {
    String full = module + "." + name;
    if (!GLOBALS.contains(full)) {
      String shown = full.length() > 200 ? full.substring(0, 200) + "..." : full;
      throw fail("the pickle asks for " + shown + ", which is not plain data: refused");
    }
    push(new Global(full));
  }

  /** {@code OrderedDict()}: an empty one, or one filled with pairs. */
  private void reduce() throws PickleException {
    List<@Nullable Object> arguments = list(pop());
    if (!(pop() instanceof Global)) {
      throw fail("the pickle calls something that is no class");
    }
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      for (Object pair : list(arguments.getFirst())) {
        List<@Nullable Object> items = list(pair);
        if (items.size() != 2) {
          throw fail("an OrderedDict is given something that is no pair");
        }
        map.put(key(items.get(0)), items.get(1));
      }
    }
    push(map);
  }

  private void tuple(int n) throws PickleException {
    List<@Nullable Object> items = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      items.add(pop());
    }
    Collections.reverse(items);
    push(items);
  }

  private void putAll(Map<@Nullable Object, @Nullable Object> map, List<@Nullable Object> items)
      throws PickleException {
    if (items.size() % 2 != 0) {
      throw fail("a dictionary has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      map.put(key(items.get(i)), items.get(i + 1));
    }
  }

  /** Keys are compared by value: a list or map as a key could contain itself. */
  private @Nullable Object key(@Nullable Object key) throws PickleException {
    return switch (key) {
      case null -> null;
      case String s -> s;
      case Number n -> n;
      case Boolean b -> b;
      default -> throw fail("a dictionary has a key that is neither a text nor a number");
    };
  }

  @SuppressWarnings("unchecked") // every list here was made by this reader
  private List<@Nullable Object> list(@Nullable Object value) throws PickleException {
    if (value instanceof List<?>) {
      return (List<@Nullable Object>) value;
    }
    throw fail("a list is expected where there is none");
  }

  @SuppressWarnings("unchecked") // every map here was made by this reader
  private Map<@Nullable Object, @Nullable Object> map(@Nullable Object value)
      throws PickleException {
    if (value instanceof Map<?, ?>) {
      return (Map<@Nullable Object, @Nullable Object>) value;
    }
    throw fail("a dictionary is expected where there is none");
  }

  private void get(int index) throws PickleException {
    if (!memo.containsKey(index)) {
      throw fail("the pickle refers to its object " + index + ", which does not exist");
    }
    push(memo.get(index));
  }

  private int memoIndex(String text) throws PickleException {
    Object n = textInteger(text);
    if (n instanceof Long l && l >= 0 && l <= Integer.MAX_VALUE) {
      return l.intValue();
    }
    throw fail("'" + text + "' is no index of an object");
  }

  private void push(@Nullable Object value) {
    stack.add(value);
  }

  private @Nullable Object pop() throws PickleException {
    top();
    return stack.removeLast();
  }

  private @Nullable Object top() throws PickleException {
    int floor = marks.isEmpty() ? 0 : marks.getLast();
    if (stack.size() <= floor) {
      throw fail("the pickle takes a value from an empty stack");
    }
    return stack.getLast();
  }

  private List<@Nullable Object> sinceMark() throws PickleException {
    if (marks.isEmpty()) {
      throw fail("the pickle closes what it never opened");
    }
    List<@Nullable Object> top = stack.subList(marks.removeLast(), stack.size());
    List<@Nullable Object> items = new ArrayList<>(top);
    top.clear();
    return items;
  }

  private int u1() throws PickleException {
    if (at >= data.length) {
      throw fail("the pickle is cut off");
    }
    return data[at++] & 0xff;
  }

  /** Little-endian. */
  private long unsigned(int count) throws PickleException {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value |= (long) u1() << (8 * i);
    }
    return value;
  }

  private int length(int count) throws PickleException {
    long bytes = unsigned(count);
    if (bytes < 0 || bytes > data.length - at) {
      throw fail(
          "a value of "
              + Long.toUnsignedString(bytes)
              + " bytes is longer than the rest of the file");
    }
    return (int) bytes;
  }

  private byte[] bytes(int length) throws PickleException {
    if (length > data.length - at) {
      throw fail("the pickle is cut off");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length);
    out.write(data, at, length);
    at += length;
    return out.toByteArray();
  }

  private String text(int length) throws PickleException {
    if (length > data.length - at) {
      throw fail("the pickle is cut off");
    }
    String text = new String(data, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  /** Two's complement, little-endian; nobody needs integers of thousands of digits. */
  private Object integer(int length) throws PickleException {
    if (length > 64) {
      throw fail("an integer of " + length + " bytes is refused: at most 64");
    }
    byte[] reversed = bytes(length);
    for (int i = 0, j = length - 1; i < j; i++, j--) {
      byte b = reversed[i];
      reversed[i] = reversed[j];
      reversed[j] = b;
    }
    return length == 0 ? (Object) 0L : narrow(new BigInteger(reversed));
  }

  private Object textInteger(String text) throws PickleException {
    if (text.equals("00") || text.equals("01")) {
      return text.equals("01");
    }
    String digits = text.endsWith("L") ? text.substring(0, text.length() - 1) : text;
    if (!digits.matches("[+-]?[0-9]{1,150}")) {
      throw fail("'" + shorten(text) + "' is no integer");
    }
    return narrow(new BigInteger(digits));
  }

  private static Object narrow(BigInteger n) {
    return n.bitLength() < 64 ? (Object) n.longValue() : n;
  }

  private double textDouble(String text) throws PickleException {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw fail("'" + shorten(text) + "' is no number");
    }
  }

  private String quoted(String text) throws PickleException {
    int n = text.length();
    if (n < 2 || text.charAt(0) != text.charAt(n - 1) || "'\"".indexOf(text.charAt(0)) < 0) {
      throw fail("a text lacks its quotes");
    }
    return text.substring(1, n - 1);
  }

  private String line() throws PickleException {
    int start = at;
    while (u1() != '\n') {}
    return new String(data, start, at - 1 - start, StandardCharsets.UTF_8);
  }

  private static String shorten(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }

  private PickleException fail(String message) {
    return new PickleException(message, at);
  }
}
