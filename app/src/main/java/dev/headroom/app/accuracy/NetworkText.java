package dev.headroom.app.accuracy;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Init;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network in a line per input and per call, so short that hundreds can be kept: no names, no
 * modules, no values. An earlier result is named by how many results ago it was, a parameter or
 * buffer by being the next that was not used yet, so that equal blocks are equal lines. Without
 * modules a value lives until its last use, not until the module returns that was given it.
 */
final class NetworkText {
  private final List<Input> inputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<String> values = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();

  /** By kind, the input after the one that was used last. */
  private final Map<Input.Kind, Integer> next = new EnumMap<>(Input.Kind.class);

  private NetworkText() {}

  /**
   * Reads one network.
   *
   * @param name what it is called
   * @throws IllegalArgumentException naming the line that is wrong
   */
  static Graph read(String name, List<String> lines) {
    NetworkText text = new NetworkText();
    for (String line : lines) {
      try {
        text.line(line);
      } catch (RuntimeException e) {
        throw new IllegalArgumentException(name + ": '" + line + "': " + e.getMessage(), e);
      }
    }
    return new Graph(name, text.inputs, text.nodes, text.outputs);
  }

  private void line(String line) {
    String[] words = line.split(" ");
    switch (words[0]) {
      case "P" -> input(Input.Kind.PARAMETER, words);
      case "B" -> input(Input.Kind.BUFFER, words);
      case "C" -> input(Input.Kind.CONSTANT, words);
      case "U" -> input(Input.Kind.USER, words);
      case "=" -> outputs.add(reference(words[1]));
      default -> call(words);
    }
  }

  private void input(Input.Kind kind, String[] words) {
    String name = "v" + values.size();
    List<Dim> shape = dims(words, 2);
    List<Dim> strides = dims(words, 3);
    DType dtype = DType.valueOf(words[1]);
    boolean trained = kind == Input.Kind.PARAMETER;
    inputs.add(new Input(name, kind, name, dtype, shape, strides, Init.zeros(), trained, null, 0));
    values.add(name);
  }

  /** Sizes or, where a tensor has gaps or another order, strides; none if the line ends before. */
  private static List<Dim> dims(String[] words, int at) {
    List<Dim> dims = new ArrayList<>();
    if (words.length > at) {
      for (String size : words[at].split(",")) {
        dims.add(size.equals("B") ? Dim.BATCH : Dim.of(Long.parseLong(size)));
      }
    }
    return dims;
  }

  private void call(String[] words) {
    String op = words[0].contains(".") ? words[0] : words[0] + ".default";
    List<Argument> arguments = new ArrayList<>();
    Map<String, Argument> keywords = new LinkedHashMap<>();
    int results = 1;
    for (String word : Arrays.asList(words).subList(1, words.length)) {
      int equals = word.indexOf('=');
      if (word.charAt(0) == '>') {
        results = Integer.parseInt(word.substring(1));
      } else if (equals > 0) {
        keywords.put(word.substring(0, equals), argument(word.substring(equals + 1)));
      } else {
        arguments.add(argument(word));
      }
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < results; i++) {
      names.add("v" + (values.size() + i));
    }
    values.addAll(names);
    String full = op.startsWith("_operator.") ? op.replace(".default", "") : "aten." + op;
    nodes.add(new Node(full, arguments, keywords, names, "", ""));
  }

  private Argument argument(String word) {
    String rest = word.substring(1);
    return switch (word.charAt(0)) {
      case '-' -> Argument.none();
      case 't' -> Argument.tensor(reference(rest));
      case 'T' -> new Argument.OfTensors(items(rest).stream().map(this::reference).toList());
      case 'O' -> new Argument.OfOptionalTensors(items(rest).stream().map(this::argument).toList());
      case 'i' -> Argument.of(Long.parseLong(rest));
      case 's' -> new Argument.OfSymInt(reference(rest));
      case 'I' -> new Argument.OfInts(items(rest).stream().map(this::argument).toList());
      case 'f' -> Argument.of(Double.parseDouble(rest));
      case 'F' -> new Argument.OfFloats(items(rest).stream().map(Double::valueOf).toList());
      case 'b' -> Argument.of(Boolean.parseBoolean(rest));
      case 'L' -> new Argument.OfBools(items(rest).stream().map(Boolean::valueOf).toList());
      case 'z' -> new Argument.OfString(rest);
      case 'd' -> new Argument.OfDType(DType.valueOf(rest));
      case 'm' -> new Argument.OfMemoryFormat(MemoryFormat.valueOf(rest));
      case 'v' -> new Argument.OfDevice(rest);
      default -> throw new IllegalArgumentException("'" + word + "' is no argument");
    };
  }

  private static List<String> items(String list) {
    return list.isEmpty() ? List.of() : Arrays.asList(list.split(","));
  }

  /** A result so many results ago, the next parameter or buffer, or an input by its number. */
  private String reference(String word) {
    return switch (word.charAt(0)) {
      case 'p' -> use(nextOf(Input.Kind.PARAMETER));
      case 'b' -> use(nextOf(Input.Kind.BUFFER));
      case '#' -> use(Integer.parseInt(word.substring(1)));
      default -> values.get(values.size() - Integer.parseInt(word));
    };
  }

  private int nextOf(Input.Kind kind) {
    int at = next.getOrDefault(kind, 0);
    while (inputs.get(at).kind() != kind) {
      at++;
    }
    return at;
  }

  private String use(int input) {
    next.put(inputs.get(input).kind(), input + 1);
    return values.get(input);
  }
}
