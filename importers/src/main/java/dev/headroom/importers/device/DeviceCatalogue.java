package dev.headroom.importers.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.device.Device;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The GPUs that come with Headroom ({@code devices.json}), and cards described in a file. */
public final class DeviceCatalogue {
  private static final long MIB = 1L << 20;
  private static final long MAX_FILE_BYTES = 1L << 20;
  private static final Set<String> FIELDS =
      Set.of(
          "name",
          "title",
          "memoryMiB",
          "driverMiB",
          "computeCapability",
          "contextMiB",
          "contextMeasured",
          "cublasWorkspaceBytes",
          "cublasLtWorkspaceBytes",
          "sources");

  private DeviceCatalogue() {}

  /** All cards of the catalogue, in its order. */
  public static List<Device> all() {
    try (InputStream in = DeviceCatalogue.class.getResourceAsStream("devices.json")) {
      if (in == null) {
        throw new IllegalStateException("devices.json is not in the jar");
      }
      List<Device> out = new ArrayList<>();
      for (JsonNode node : new ObjectMapper().readTree(in).get("devices")) {
        out.add(device(node, "devices.json"));
      }
      return out;
    } catch (IOException e) {
      throw new IllegalStateException("devices.json cannot be read", e);
    }
  }

  /** A card of the catalogue by its name; spaces, dashes and case don't matter. Null if unknown. */
  public static @Nullable Device find(String name) {
    return all().stream().filter(d -> plain(d.name()).equals(plain(name))).findFirst().orElse(null);
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /**
   * Reads a card from a file with the fields of the catalogue.
   *
   * @throws IOException if it cannot be read or a field is missing, unknown or out of range
   */
  public static Device read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new IOException(file + ": a description of a card has less than 1 MiB");
    }
    JsonNode node;
    try {
      node = new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IOException(file + ": not JSON: " + e.getOriginalMessage(), e);
    }
    return device(node, file.toString());
  }

  private static Device device(JsonNode node, String where) throws IOException {
    if (node == null || !node.isObject()) {
      throw new IOException(
          where
              + ": expected an object such as {\"name\": \"my-card\", \"memoryMiB\": 24576, ...}");
    }
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!FIELDS.contains(name)) {
        throw new IOException(
            where
                + ": '"
                + name
                + "' is no field of a card; known: "
                + new java.util.TreeSet<>(FIELDS));
      }
    }
    String name = text(node, "name", where);
    JsonNode measured = node.get("contextMeasured");
    List<String> sources = new ArrayList<>();
    if (node.has("sources")) {
      node.get("sources").forEach(s -> sources.add(s.asText()));
    }
    try {
      return new Device(
          name,
          node.has("title") ? text(node, "title", where) : name,
          Math.multiplyExact(whole(node, "memoryMiB", where), MIB),
          node.has("driverMiB") ? Math.multiplyExact(whole(node, "driverMiB", where), MIB) : null,
          capability(node, where),
          Math.multiplyExact(whole(node, "contextMiB", where), MIB),
          measured != null && measured.asBoolean(),
          node.has("cublasWorkspaceBytes") ? whole(node, "cublasWorkspaceBytes", where) : null,
          node.has("cublasLtWorkspaceBytes") ? whole(node, "cublasLtWorkspaceBytes", where) : null,
          MIB,
          sources);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IOException(where + ": " + e.getMessage(), e);
    }
  }

  private static String text(JsonNode node, String field, String where) throws IOException {
    JsonNode value = node.get(field);
    if (value == null || !value.isTextual() || value.asText().isBlank()) {
      throw new IOException(where + ": " + field + " is missing or no text");
    }
    return value.asText();
  }

  private static long whole(JsonNode node, String field, String where) throws IOException {
    JsonNode value = node.get(field);
    if (value == null
        || !value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.asLong() < 0) {
      throw new IOException(where + ": " + field + " is missing or no whole number");
    }
    return value.asLong();
  }

  /** Written as people do, {@code "8.6"}. */
  private static int capability(JsonNode node, String where) throws IOException {
    String text = text(node, "computeCapability", where);
    if (!text.matches("[0-9]{1,2}\\.[0-9]")) {
      throw new IOException(where + ": computeCapability is '" + text + "', expected such as 8.6");
    }
    return Integer.parseInt(text.replace(".", ""));
  }
}
