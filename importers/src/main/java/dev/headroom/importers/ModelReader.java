package dev.headroom.importers;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Init;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code models/NAME.json} of an archive that torch.export.save wrote: a graph of ATen calls
 * and a signature that says which inputs are parameters, buffers and the user's own.
 */
final class ModelReader {
  private static final long SCHEMA_MAJOR = 8;

  private final Fields graph;
  private final Fields signature;
  private final String name;
  private final Symbols symbols;

  private ModelReader(Fields root, String name) {
    long major = root.get("schema_version").get("major").integer();
    if (major != SCHEMA_MAJOR) {
      throw new ImportException(
          root
              + " has schema version "
              + major
              + ", Headroom reads version "
              + SCHEMA_MAJOR
              + ": export the network again with PyTorch 2.10.");
    }
    this.name = name;
    graph = root.get("graph_module").get("graph");
    signature = root.get("graph_module").get("signature");
    symbols = new Symbols(userSizes());
  }

  /**
   * Reads a graph.
   *
   * @param root the document
   * @param name what the user calls the network
   */
  static ImportedModel read(Fields root, String name) {
    return new ModelReader(root, name).read();
  }

  private ImportedModel read() {
    checkTensors();
    List<Input> inputs = inputs();
    List<Node> nodes = new ArrayList<>();
    Set<String> computed = new LinkedHashSet<>();
    for (Fields node : graph.get("nodes").items()) {
      for (Node read :
          ModeRegion.is(node) ? ModeRegion.read(node) : List.of(NodeReader.read(node))) {
        nodes.add(read);
        computed.addAll(read.outputs());
      }
    }
    List<String> outputs = new ArrayList<>();
    for (Fields spec : signature.get("output_specs").items()) {
      String output = output(spec, computed, inputs, nodes);
      if (output != null) {
        outputs.add(output);
      }
    }
    if (outputs.isEmpty()) {
      throw new ImportException(
          signature.get("output_specs") + ": the network returns no tensor that it computes.");
    }
    try {
      Graph built = new Graph(name, inputs, nodes, outputs);
      return new ImportedModel(built, null, symbols.notes());
    } catch (IllegalArgumentException e) {
      throw ImportException.damaged(graph + ": " + e.getMessage(), e);
    }
  }

  /** Every tensor that the file describes must be of a kind that exists. */
  private void checkTensors() {
    graph
        .get("tensor_values")
        .entries()
        .forEach(
            (tensor, meta) -> {
              FileTypes.dtype(meta.get("dtype"));
              for (Fields size : meta.get("sizes").items()) {
                if (size.kind().equals("as_int") && size.get("as_int").integer() < 0) {
                  throw size.wrong("a size of at least 0");
                }
              }
            });
  }

  private List<List<Fields>> userSizes() {
    List<List<Fields>> sizes = new ArrayList<>();
    for (Fields spec : signature.get("input_specs").items()) {
      if (spec.kind().equals("user_input")
          && ArgumentReader.read(spec.get("user_input").get("arg"))
              instanceof Argument.OfTensor tensor) {
        sizes.add(meta(spec, tensor.name()).get("sizes").items());
      }
    }
    return sizes;
  }

  private List<Input> inputs() {
    List<Input> inputs = new ArrayList<>();
    for (Fields spec : signature.get("input_specs").items()) {
      String kind = spec.kind();
      Fields content = spec.get(kind);
      Input input =
          switch (kind) {
            case "parameter" ->
                stored(content, Input.Kind.PARAMETER, content.get("parameter_name").text());
            case "buffer" -> stored(content, Input.Kind.BUFFER, content.get("buffer_name").text());
            case "tensor_constant" -> {
              String path = content.get("tensor_constant_name").text();
              // An attribute that is a plain tensor lives as long as the module; what the exporter
              // lifted out of the code of forward does not.
              yield stored(
                  content,
                  path.contains("lifted_tensor") ? Input.Kind.CONSTANT : Input.Kind.BUFFER,
                  path);
            }
            case "user_input" -> user(content);
            case "constant_input" -> null;
            default ->
                throw new ImportException(
                    spec + ": an input of kind " + kind + " is not supported.");
          };
      if (input != null) {
        inputs.add(input);
      }
    }
    return inputs;
  }

  private Input stored(Fields spec, Input.Kind kind, String path) {
    return input(spec, spec.get("arg").get("name").text(), kind, path);
  }

  private @Nullable Input user(Fields spec) {
    return switch (ArgumentReader.read(spec.get("arg"))) {
      case Argument.OfTensor t -> input(spec, t.name(), Input.Kind.USER, t.name());
      case Argument.OfSymInt s ->
          throw new ImportException(
              spec
                  + ": the network takes a number that may change ('"
                  + s.name()
                  + "'), which is not supported. Export it with that number fixed.");
      default -> null;
    };
  }

  private Input input(Fields spec, String id, Input.Kind kind, String path) {
    Fields meta = meta(spec, id);
    List<Dim> shape = symbols.dims(meta.get("sizes"));
    List<Dim> strides = symbols.dims(meta.get("strides"));
    if (shape.size() != strides.size()) {
      throw meta.wrong("as many strides as sizes");
    }
    try {
      Init init = FreshValues.of(kind, path, shape.stream().map(Dim::fixed).toList());
      boolean trained = kind == Input.Kind.PARAMETER && meta.get("requires_grad").flag();
      Input input =
          new Input(
              id,
              kind,
              path,
              FileTypes.dtype(meta.get("dtype")),
              shape,
              strides,
              init,
              trained,
              null,
              0);
      input.type(1).bytes();
      return input;
    } catch (ArithmeticException e) {
      throw ImportException.damaged(
          meta + ": a tensor of sizes " + shape + " needs more than 8 EiB", e);
    }
  }

  private Fields meta(Fields spec, String id) {
    Fields meta = graph.get("tensor_values").find(id);
    if (meta == null) {
      throw ImportException.damaged(spec + ": nothing describes the tensor '" + id + "'");
    }
    return meta;
  }

  /** The name of a tensor that the user gets, or null; a changed buffer is written back. */
  private static @Nullable String output(
      Fields spec, Set<String> computed, List<Input> inputs, List<Node> nodes) {
    String kind = spec.kind();
    Fields content = spec.get(kind);
    return switch (kind) {
      case "user_output" ->
          ArgumentReader.read(content.get("arg")) instanceof Argument.OfTensor t
                  && computed.contains(t.name())
              ? t.name()
              : null;
      case "buffer_mutation" -> {
        String buffer = content.get("buffer_name").text();
        String target =
            inputs.stream()
                .filter(i -> i.path().equals(buffer) && i.kind() == Input.Kind.BUFFER)
                .map(Input::name)
                .findFirst()
                .orElseThrow(() -> content.wrong("the name of a buffer"));
        nodes.add(
            new Node(
                "aten.copy_.default",
                List.of(
                    new Argument.OfTensor(target),
                    new Argument.OfTensor(content.get("arg").get("name").text())),
                List.of("%written_" + nodes.size()),
                "",
                ""));
        yield null;
      }
      default ->
          throw new ImportException(spec + ": an output of kind " + kind + " is not supported.");
    };
  }
}
