package dev.headroom.zoo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;

/**
 * A network as torch.export recorded it, as lines of text that {@link Written} gives for a built-in
 * one. Made by {@code src/test/python/export_networks.py}.
 */
final class Exported {
  private static final Map<Integer, String> DTYPES = Map.of(5, "int64", 7, "float32");

  private final JsonNode graph;
  private final JsonNode signature;
  private final Renaming renaming;

  private Exported(JsonNode module, Renaming renaming) {
    this.renaming = renaming;
    graph = module.path("graph");
    signature = module.path("signature");
  }

  static Exported load(String network) throws IOException {
    try (InputStream in = new GZIPInputStream(open(network + ".model.json.gz"))) {
      JsonNode module = new ObjectMapper().readTree(in).path("graph_module");
      // Of two names for one parameter the exporter takes the last, Headroom the first.
      Map<String, String> tied =
          network.equals("gpt_tied") ? Map.of("p_head_weight", "p_tok_weight") : Map.of();
      return new Exported(module, new Renaming(tied));
    }
  }

  /** Rows of the network's table of initial values, without its header. */
  static List<String[]> initialValues(String network) throws IOException {
    try (InputStream in = open(network + ".init.csv")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().skip(1).map(line -> line.split(",", -1)).toList();
    }
  }

  private static InputStream open(String file) {
    return Objects.requireNonNull(
        Exported.class.getResourceAsStream("/exported/" + file), "no test resource " + file);
  }

  /** One line per parameter, buffer and input, in order. */
  List<String> inputs() {
    List<String> lines = new ArrayList<>();
    for (JsonNode spec : signature.path("input_specs")) {
      String kind = spec.fieldNames().next();
      JsonNode arg = spec.path(kind).path("arg");
      String name = arg.path(kind.equals("user_input") ? "as_tensor" : "").path("name").asText();
      String id = name.isEmpty() ? arg.path("name").asText() : name;
      String path = spec.path(kind).path(kind + "_name").asText(id);
      JsonNode type = graph.path("tensor_values").path(id);
      String sizes =
          StreamSupport.stream(type.path("sizes").spliterator(), false)
              .map(s -> s.has("as_int") ? s.path("as_int").asText() : "B")
              .collect(Collectors.joining("x"));
      lines.add(kind + " " + path + " " + DTYPES.get(type.path("dtype").asInt()) + " " + sizes);
    }
    return lines;
  }

  /** One line per node: call, arguments, number of results, module. */
  List<String> nodes() {
    List<String> lines = new ArrayList<>();
    for (JsonNode node : graph.path("nodes")) {
      List<String> arguments = arguments(node);
      List<String> results = new ArrayList<>();
      node.path("outputs").forEach(o -> names(o).forEach(n -> results.add(renaming.define(n))));
      String[] stack = node.path("metadata").path("nn_module_stack").asText().split(",", -1);
      // A size of the input belongs to no module.
      String module = stack[1].startsWith("_empty_nn_module_stack") ? "" : stack[1];
      lines.add(
          node.path("target").asText().replace("torch.ops.", "")
              + arguments
              + " -> "
              + results
              + " in "
              + module);
    }
    return lines;
  }

  /** Positional arguments, and those of factories in the order of their signature. */
  private List<String> arguments(JsonNode node) {
    List<String> positional = new ArrayList<>();
    Map<String, String> keywords = new HashMap<>();
    for (JsonNode input : node.path("inputs")) {
      String text = argument(input.path("arg"));
      if (input.path("kind").asInt() == 2) {
        keywords.put(input.path("name").asText(), text);
      } else {
        positional.add(text);
      }
    }
    if (!keywords.isEmpty()) {
      for (String name : List.of("dtype", "layout", "device", "pin_memory")) {
        String given = keywords.remove(name);
        positional.add(given == null ? "none" : given);
      }
    }
    if (!keywords.isEmpty()) {
      throw new IllegalArgumentException("no place for " + keywords);
    }
    return positional;
  }

  private static List<String> names(JsonNode output) {
    JsonNode value = output.elements().next();
    if (value.isArray()) {
      List<String> names = new ArrayList<>();
      value.forEach(v -> names.add(v.path("name").asText()));
      return names;
    }
    return List.of(value.has("as_name") ? value.path("as_name").asText() : name(value));
  }

  private static String name(JsonNode tensor) {
    return tensor.path("name").asText();
  }

  private String argument(JsonNode argument) {
    String kind = argument.fieldNames().next();
    JsonNode value = argument.path(kind);
    return switch (kind) {
      case "as_none" -> "none";
      case "as_tensor" -> renaming.use(name(value));
      case "as_tensors" -> list(value, v -> renaming.use(name(v)));
      case "as_int", "as_bool", "as_float" -> value.asText();
      case "as_ints" -> list(value, JsonNode::asText);
      case "as_sym_int" -> symbol(value);
      case "as_sym_ints" -> list(value, this::symbol);
      case "as_scalar_type" -> Objects.requireNonNull(DTYPES.get(value.asInt()));
      case "as_device" -> value.path("type").asText();
      default -> throw new IllegalArgumentException("no text for " + argument);
    };
  }

  private String symbol(JsonNode value) {
    return value.has("as_name")
        ? renaming.use(value.path("as_name").asText())
        : value.path("as_int").asText();
  }

  private interface Text {
    String of(JsonNode value);
  }

  private static String list(JsonNode values, Text text) {
    List<String> all = new ArrayList<>();
    values.forEach(v -> all.add(text.of(v)));
    return all.toString();
  }
}
