package dev.headroom.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tree of maps, iterables, arrays of int, long or double, records, enums, strings,
 * numbers, booleans and nulls as indented JSON; maps and records keep their order. A null in a map
 * or list is written as null, a record's null component is left out: a figure that was not measured
 * is absent, never zero. NaN and infinity, which JSON does not have, count as null. Anything else
 * is written as its {@code toString()}.
 */
public final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** Text that is JSON already, written as it is. */
  public record Raw(String json) {}

  private Json() {}

  /** Writes the tree and a line end, and flushes; the stream stays open. */
  public static void write(@Nullable Object tree, PrintStream out) {
    out.print(toString(tree));
    out.print('\n');
    out.flush();
  }

  /** Writes the tree and a line end in UTF-8; the stream stays open. */
  public static void write(@Nullable Object tree, OutputStream out) throws IOException {
    out.write((toString(tree) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** The tree as text, without a line end. */
  public static String toString(@Nullable Object tree) {
    Writer text = new java.io.StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      DefaultIndenter indent = new DefaultIndenter("  ", "\n");
      DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
      printer.indentObjectsWith(indent);
      printer.indentArraysWith(indent);
      json.setPrettyPrinter(printer);
      value(json, tree);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void value(JsonGenerator json, @Nullable Object o) throws IOException {
    switch (o) {
      case null -> json.writeNull();
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.writeFieldName(String.valueOf(entry.getKey()));
          value(json, entry.getValue());
        }
        json.writeEndObject();
      }
      case Iterable<?> list when !(o instanceof java.nio.file.Path) -> {
        json.writeStartArray();
        for (Object item : list) {
          value(json, item);
        }
        json.writeEndArray();
      }
      case Raw raw -> json.writeRawValue(raw.json());
      case Record components -> record(json, components);
      case Boolean b -> json.writeBoolean(b);
      case Double d when !Double.isFinite(d) -> json.writeNull();
      case Float f when !Float.isFinite(f) -> json.writeNull();
      case Double d -> json.writeNumber(d);
      case Float f -> json.writeNumber(f);
      case BigDecimal n -> json.writeNumber(n);
      case BigInteger n -> json.writeNumber(n);
      case Number n -> json.writeNumber(n.longValue());
      case Enum<?> e -> json.writeString(e.name());
      case int[] a -> value(json, Arrays.stream(a).boxed().toList());
      case long[] a -> value(json, Arrays.stream(a).boxed().toList());
      case double[] a -> value(json, Arrays.stream(a).boxed().toList());
      default -> json.writeString(o.toString());
    }
  }

  private static void record(JsonGenerator json, Record components) throws IOException {
    json.writeStartObject();
    for (RecordComponent component : components.getClass().getRecordComponents()) {
      Object member = read(component, components);
      if (member != null && !isNotFinite(member)) {
        json.writeFieldName(component.getName());
        value(json, member);
      }
    }
    json.writeEndObject();
  }

  private static boolean isNotFinite(Object o) {
    return (o instanceof Double d && !Double.isFinite(d))
        || (o instanceof Float f && !Float.isFinite(f));
  }

  private static @Nullable Object read(RecordComponent component, Record components) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(components);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
