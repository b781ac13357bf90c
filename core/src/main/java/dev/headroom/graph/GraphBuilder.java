package dev.headroom.graph;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** Records a network call by call; {@link #build} validates it. */
public final class GraphBuilder {
  private final String name;
  private final List<Input> inputs = new ArrayList<>();
  private final List<Input> userInputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private String module = "";
  private String moduleType = "";

  public GraphBuilder(String name) {
    this.name = name;
  }

  /** What the network is given: sizes behind the batch. */
  public String input(DType dtype, long... sizesPerSample) {
    List<Dim> shape = new ArrayList<>(List.of(Dim.BATCH));
    for (long size : sizesPerSample) {
      shape.add(Dim.of(size));
    }
    String id = "x" + (userInputs.isEmpty() ? "" : userInputs.size());
    userInputs.add(new Input(id, Input.Kind.USER, id, dtype, shape, new Init.Constant(0)));
    return id;
  }

  /** Begins a module; calls and parameters from here on belong to it. */
  public GraphBuilder module(String path, String type) {
    module = path;
    moduleType = type;
    return this;
  }

  /** A float32 parameter of the present module. */
  public String parameter(String localName, Init init, long... shape) {
    String path = module.isEmpty() ? localName : module + "." + localName;
    String id = "p_" + path.replace('.', '_');
    List<Dim> dims = new ArrayList<>();
    for (long size : shape) {
      dims.add(Dim.of(size));
    }
    inputs.add(new Input(id, Input.Kind.PARAMETER, path, DType.FLOAT32, dims, init));
    return id;
  }

  /** A call with one result. */
  public String call(String op, Argument... arguments) {
    String base = op.split("\\.")[1];
    String id = base + (nodes.isEmpty() ? "" : "_" + nodes.size());
    nodes.add(new Node(op, List.of(arguments), List.of(id), module, moduleType));
    return id;
  }

  /** nn.Linear with bias: U(-1/sqrt(in), 1/sqrt(in)) for both, as {@code reset_parameters}. */
  public String linear(String path, String x, long in, long out) {
    module(path, "Linear");
    Init init = new Init.Uniform(1 / Math.sqrt((double) in));
    String weight = parameter("weight", init, out, in);
    String bias = parameter("bias", init, out);
    return call(
        "aten.linear.default",
        new Argument.OfTensor(x),
        new Argument.OfTensor(weight),
        new Argument.OfTensor(bias));
  }

  /** nn.ReLU, not in place. */
  public String relu(String path, String x) {
    return module(path, "ReLU").call("aten.relu.default", new Argument.OfTensor(x));
  }

  /** nn.Flatten: all but the batch become one dimension. */
  public String flatten(String path, String x) {
    return module(path, "Flatten")
        .call(
            "aten.flatten.using_ints",
            new Argument.OfTensor(x),
            new Argument.OfInt(1),
            new Argument.OfInt(-1));
  }

  /** The finished network. */
  public Graph build(String... outputs) {
    List<Input> all = new ArrayList<>(inputs);
    all.addAll(userInputs);
    return new Graph(name, all, nodes, List.of(outputs));
  }
}
