package dev.headroom.graph;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Records inputs, parameters and calls, each in the module that is being written. */
abstract sealed class Recorder permits Views {
  private final String name;
  private final List<Input> parameters = new ArrayList<>();
  private final List<Input> buffers = new ArrayList<>();
  private final List<Input> userInputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Integer> named = new HashMap<>();
  private InitRule initRule = InitRule.STANDARD;
  private String path = "";
  private String type;

  Recorder(String name, String type) {
    this.name = name;
    this.type = type;
  }

  /** What the network is given, called {@code x}: sizes behind the batch. */
  public String input(DType dtype, long... sizesPerSample) {
    return input("x", dtype, sizesPerSample);
  }

  /** What the network is given: sizes behind the batch. */
  public String input(String inputName, DType dtype, long... sizesPerSample) {
    List<Dim> shape = new ArrayList<>(List.of(Dim.BATCH));
    shape.addAll(constant(sizesPerSample));
    String id = unique(inputName);
    userInputs.add(new Input(id, Input.Kind.USER, id, dtype, shape, Init.zeros()));
    return id;
  }

  /** Fills parameters by a rule from here on. */
  public void initialize(InitRule rule) {
    initRule = rule;
  }

  /** A float32 parameter of the module that is being written. */
  public String parameter(String localName, Init standard, long... shape) {
    String full = inside(localName);
    String id = "p_" + full.replace('.', '_');
    Init init = initRule.of(type + "." + localName, shape, standard);
    parameters.add(new Input(id, Input.Kind.PARAMETER, full, DType.FLOAT32, constant(shape), init));
    return id;
  }

  /**
   * One more name for a parameter that exists already: tied weights. It is saved under both names,
   * and counted, trained and allocated once.
   *
   * @param localName its name in the module that is being written
   * @param earlierPath full path of the parameter that it is
   * @return what {@link #parameter} returned for the latter
   */
  public String tie(String localName, String earlierPath) {
    Input earlier =
        parameters.stream()
            .filter(p -> p.path().equals(earlierPath))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("there is no parameter " + earlierPath));
    String full = inside(localName);
    parameters.add(
        new Input(
                "p_" + full.replace('.', '_'),
                Input.Kind.PARAMETER,
                full,
                earlier.dtype(),
                earlier.shape(),
                earlier.init())
            .tied(earlier.name(), 0));
    return earlier.name();
  }

  /** A buffer of the module that is being written: saved with the weights, but not trained. */
  public String buffer(String localName, DType dtype, Init init, long... shape) {
    String full = inside(localName);
    String id = "b_" + full.replace('.', '_');
    buffers.add(new Input(id, Input.Kind.BUFFER, full, dtype, constant(shape), init));
    return id;
  }

  /**
   * Writes a module: what the body calls belongs to it, and paths in there are relative to it.
   *
   * @param localPath name under the module that is being written, such as {@code layer1.0}
   * @param moduleType its class, such as {@code BasicBlock}
   * @param x what it is given
   * @param body from its input to its output
   */
  public String module(String localPath, String moduleType, String x, UnaryOperator<String> body) {
    String outerPath = path;
    String outerType = type;
    path = inside(localPath);
    type = moduleType;
    try {
      return body.apply(x);
    } finally {
      path = outerPath;
      type = outerType;
    }
  }

  /** A call with one result; named after its operator, as torch.export does. */
  public String call(String op, Argument... arguments) {
    String id = unique(op.split("\\.", -1)[1]);
    nodes.add(new Node(op, List.of(arguments), List.of(id), path, type));
    return id;
  }

  /**
   * A call with one result. Optional arguments at the end that equal their defaults are left out,
   * as torch.export does.
   *
   * @param optional those behind the required ones
   * @param defaults as many defaults
   */
  public String call(
      String op, List<Argument> required, List<Argument> optional, List<Argument> defaults) {
    int kept = optional.size();
    while (kept > 0 && optional.get(kept - 1).equals(defaults.get(kept - 1))) {
      kept--;
    }
    List<Argument> arguments = new ArrayList<>(required);
    arguments.addAll(optional.subList(0, kept));
    return call(op, arguments.toArray(new Argument[0]));
  }

  /** A call with several results. */
  public List<String> call(int results, String op, Argument... arguments) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < results; i++) {
      ids.add(unique("getitem"));
    }
    nodes.add(new Node(op, List.of(arguments), ids, path, type));
    return ids;
  }

  /**
   * The finished network.
   *
   * @throws IllegalArgumentException if a name is used before it is defined, or defined twice
   */
  public Graph build(String... outputs) {
    List<Input> all = new ArrayList<>(parameters);
    all.addAll(buffers);
    all.addAll(userInputs);
    return new Graph(name, all, nodes, List.of(outputs));
  }

  private String inside(String localPath) {
    return path.isEmpty() || localPath.isEmpty() ? path + localPath : path + "." + localPath;
  }

  private String unique(String base) {
    int count = named.merge(base, 1, Integer::sum) - 1;
    return count == 0 ? base : base + "_" + count;
  }

  private static List<Dim> constant(long... sizes) {
    return Arrays.stream(sizes).mapToObj(Dim::of).toList();
  }
}
