package dev.headroom.importers;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A place in a JSON document, read strictly: what is not as expected says where it stands. */
final class Fields {
  private static final int SHOWN = 60;

  private final JsonNode node;
  private final @Nullable Fields parent;
  private final String step;

  private Fields(JsonNode node, @Nullable Fields parent, String step) {
    this.node = node;
    this.parent = parent;
    this.step = step;
  }

  /** The whole of a document, which messages call by its name. */
  static Fields of(JsonNode root, String name) {
    return new Fields(root, null, name);
  }

  /** A field that must be there. */
  Fields get(String name) {
    JsonNode child = object().get(name);
    if (child == null) {
      throw wrong("a field \"" + name + "\"", "none");
    }
    return new Fields(child, this, "." + name);
  }

  /** A field that may be missing or null. */
  @Nullable Fields find(String name) {
    JsonNode child = object().get(name);
    return child == null || child.isNull() ? null : new Fields(child, this, "." + name);
  }

  /** The items of a list. */
  List<Fields> items() {
    if (!node.isArray()) {
      throw wrong("a list");
    }
    List<Fields> out = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      out.add(new Fields(node.get(i), this, "[" + i + "]"));
    }
    return out;
  }

  /** The fields of an object, in order. */
  Map<String, Fields> entries() {
    Map<String, Fields> out = new LinkedHashMap<>();
    object().properties().forEach(e -> out.put(e.getKey(), child(e.getKey(), e.getValue())));
    return out;
  }

  private Fields child(String name, JsonNode value) {
    return new Fields(value, this, "." + name);
  }

  /** The only key of a union such as {@code {"as_int": 3}}. */
  String kind() {
    if (object().size() != 1) {
      throw wrong("exactly one field", object().size() + " fields");
    }
    return node.fieldNames().next();
  }

  String text() {
    if (!node.isTextual()) {
      throw wrong("text");
    }
    return node.textValue();
  }

  boolean flag() {
    if (!node.isBoolean()) {
      throw wrong("true or false");
    }
    return node.booleanValue();
  }

  long integer() {
    if (!node.isIntegralNumber()) {
      throw wrong("a whole number");
    }
    if (!node.canConvertToLong()) {
      throw wrong("a whole number of 64 bits");
    }
    return node.longValue();
  }

  /** A number; infinities and NaN come as text. */
  double real() {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    return switch (node.isTextual() ? node.textValue() : "") {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> throw wrong("a number");
    };
  }

  /** Says that something else was expected here. */
  ImportException wrong(String expected) {
    String shown = node.toString();
    return wrong(expected, shown.length() > SHOWN ? shown.substring(0, SHOWN) + "..." : shown);
  }

  private ImportException wrong(String expected, String actual) {
    return ImportException.damaged(this + ": expected " + expected + ", found " + actual);
  }

  private JsonNode object() {
    if (!node.isObject()) {
      throw wrong("an object");
    }
    return node;
  }

  @Override
  public String toString() {
    List<String> steps = new ArrayList<>();
    for (Fields f = this; f != null; f = f.parent) {
      steps.add(f.step);
    }
    String path = String.join("", steps.reversed().subList(1, steps.size()));
    return steps.getLast()
        + (path.isEmpty() ? "" : ": " + (path.startsWith(".") ? path.substring(1) : path));
  }
}
