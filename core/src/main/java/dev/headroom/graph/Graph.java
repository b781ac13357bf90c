package dev.headroom.graph;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A network: inputs, ATen calls in execution order, and the names of its results.
 *
 * @param name what the user calls it
 * @param inputs parameters and buffers in registration order, then the user's inputs
 * @param nodes calls in execution order
 * @param outputs names of the results
 */
public record Graph(String name, List<Input> inputs, List<Node> nodes, List<String> outputs) {
  /**
   * Checks that every name is defined once and before it is used.
   *
   * @throws IllegalArgumentException naming the node and the name that is wrong
   */
  public Graph {
    if (outputs.isEmpty()) {
      throw new IllegalArgumentException(name + " has no output");
    }
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = List.copyOf(outputs);
    Set<String> known = new HashSet<>();
    for (Input input : inputs) {
      if (input.tiedTo() != null) {
        require(known, input.tiedTo(), "input " + input.path());
      }
      define(known, input.name(), "input " + input.path());
    }
    for (Node node : nodes) {
      for (String used : node.uses()) {
        require(known, used, node.toString());
      }
      for (String output : node.outputs()) {
        define(known, output, node.toString());
      }
    }
    for (String output : outputs) {
      require(known, output, "the outputs");
    }
  }

  /** Inputs of one kind, in order. */
  public List<Input> inputs(Input.Kind kind) {
    return inputs.stream().filter(i -> i.kind() == kind).toList();
  }

  /** Calls whose results may look at their first argument's own elements. */
  private static final Set<String> VIEWS =
      Set.copyOf(
          List.of(
              ("alias as_strided chunk contiguous detach diagonal expand expand_as flatten imag"
                      + " movedim narrow permute real reshape reshape_as select slice split split_with_sizes"
                      + " squeeze swapaxes t tensor_split to transpose unbind unflatten unfold"
                      + " unsqueeze view view_as view_as_complex view_as_real")
                  .split(" ")));

  /**
   * Names of all values that the first output depends on; so does what writes in place to a tensor
   * that it depends on. A parameter outside gets no gradient, such as one of a second head's:
   * PyTorch's optimizers pass over it.
   */
  public Set<String> sources() {
    Map<String, String> owners = owners();
    Set<String> needed = new HashSet<>(List.of(outputs.getFirst()));
    Set<String> neededOwners = new HashSet<>(List.of(owner(owners, outputs.getFirst())));
    for (Node node : nodes.reversed()) {
      List<String> uses = node.uses();
      boolean writes =
          isInPlace(node)
              && !uses.isEmpty()
              && neededOwners.contains(owner(owners, uses.getFirst()));
      if (writes || node.outputs().stream().anyMatch(needed::contains)) {
        needed.addAll(uses);
        uses.forEach(used -> neededOwners.add(owner(owners, used)));
      }
    }
    return needed;
  }

  /** By view or result of a call in place, the value whose elements it may look at. */
  private Map<String, String> owners() {
    Map<String, String> owners = new HashMap<>();
    for (Node node : nodes) {
      List<String> uses = node.uses();
      if (!uses.isEmpty() && (isInPlace(node) || VIEWS.contains(node.operator()))) {
        String owner = owner(owners, uses.getFirst());
        node.outputs().forEach(output -> owners.put(output, owner));
      }
    }
    return owners;
  }

  private static String owner(Map<String, String> owners, String value) {
    return owners.getOrDefault(value, value);
  }

  private static boolean isInPlace(Node node) {
    String op = node.op();
    int end = op.lastIndexOf('.');
    return end > 0 && op.charAt(end - 1) == '_' && op.indexOf('.') < end;
  }

  /** Number of values in parameters, tied ones once. */
  public long parameterCount() {
    return inputs(Input.Kind.PARAMETER).stream()
        .filter(i -> i.tiedTo() == null)
        .mapToLong(i -> i.type(1).elements())
        .reduce(0, Math::addExact);
  }

  /** The batch of a graph that was exported for one batch only; empty if it takes any. */
  public OptionalLong ownBatch() {
    List<Input> given = inputs(Input.Kind.USER);
    boolean grows =
        given.isEmpty()
            || given.stream().flatMap(i -> i.shape().stream()).anyMatch(d -> d.perSample() != 0);
    return grows
        ? OptionalLong.empty()
        : given.stream()
            .filter(i -> !i.shape().isEmpty())
            .mapToLong(i -> i.shape().getFirst().fixed())
            .findFirst();
  }

  /** Names that an argument refers to. */
  public static List<String> names(Argument argument) {
    return switch (argument) {
      case Argument.OfTensor t -> List.of(t.name());
      case Argument.OfTensors ts -> ts.names();
      case Argument.OfSymInt s -> List.of(s.name());
      case Argument.OfInts is -> is.items().stream().flatMap(i -> names(i).stream()).toList();
      case Argument.OfOptionalTensors ts ->
          ts.items().stream().flatMap(i -> names(i).stream()).toList();
      case Argument.OfInt i -> List.of();
      case Argument.OfFloats f -> List.of();
      case Argument.OfBools b -> List.of();
      case Argument.OfMemoryFormat m -> List.of();
      case Argument.OfDevice d -> List.of();
      case Argument.OfFloat f -> List.of();
      case Argument.OfBool b -> List.of();
      case Argument.OfString s -> List.of();
      case Argument.OfDType d -> List.of();
      case Argument.OfNone n -> List.of();
    };
  }

  private static void define(Set<String> known, String name, String where) {
    if (!known.add(name)) {
      throw new IllegalArgumentException(where + " defines '" + name + "' a second time");
    }
  }

  private static void require(Set<String> known, String name, String where) {
    if (!known.contains(name)) {
      throw new IllegalArgumentException(
          where + " uses '" + name + "', which is not defined before");
    }
  }
}
