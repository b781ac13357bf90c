package dev.headroom.graph;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Parameters that are not trained ({@code module.requires_grad_(False)}): backward computes no
 * gradient for them, so autograd keeps less, and nothing at all of what lies before the first
 * trained one. Batch norms of a frozen module go on updating their running statistics, as they do
 * in PyTorch until somebody calls {@code eval()}.
 */
public final class Frozen {
  private Frozen() {}

  /**
   * The same network with all parameters of some modules frozen, and what is tied to them.
   *
   * @param modules names in the module tree, such as {@code layer1} or {@code blocks.0}; a
   *     parameter's own name too
   * @throws NothingToTrainException if none is left to train
   * @throws IllegalArgumentException if a name has no parameter
   */
  public static Graph of(Graph graph, List<String> modules) {
    Set<String> frozen = named(graph, modules);
    return freeze(graph, frozen::contains);
  }

  /**
   * The same network with all parameters frozen but those of some modules, and what is tied to
   * them.
   *
   * @throws IllegalArgumentException if a name has no parameter, or if none of them is trained
   */
  public static Graph exceptFor(Graph graph, List<String> modules) {
    Set<String> trained = named(graph, modules);
    return freeze(graph, name -> !trained.contains(name));
  }

  /** Elements of parameters that are not trained; tied ones count once. */
  public static long parameterCount(Graph graph) {
    return graph.inputs(Input.Kind.PARAMETER).stream()
        .filter(input -> !input.requiresGrad() && input.tiedTo() == null)
        .mapToLong(input -> input.type(1).elements())
        .sum();
  }

  /**
   * The fewest modules that together have these parameters and no others.
   *
   * @param paths of parameters
   */
  public static List<String> modules(Graph graph, Set<String> paths) {
    Set<String> names = new LinkedHashSet<>();
    for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
      if (paths.contains(input.path())) {
        names.add(outermost(graph, input.path(), paths));
      }
    }
    return List.copyOf(names);
  }

  /** The first of a parameter's modules, from the outside, that has none but these. */
  private static String outermost(Graph graph, String path, Set<String> paths) {
    for (int dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
      String module = path.substring(0, dot);
      if (graph.inputs(Input.Kind.PARAMETER).stream()
          .allMatch(input -> !isIn(input, module) || paths.contains(input.path()))) {
        return module;
      }
    }
    return path;
  }

  private static boolean isIn(Input input, String module) {
    return input.path().equals(module) || input.path().startsWith(module + ".");
  }

  /** The first name of each parameter's storage. */
  private static Set<String> named(Graph graph, List<String> modules) {
    Set<String> names = new LinkedHashSet<>();
    for (String module : modules) {
      boolean found = false;
      for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
        if (isIn(input, module)) {
          found = true;
          names.add(storage(input));
        }
      }
      if (!found) {
        throw new IllegalArgumentException(
            graph.name() + " has no parameters in '" + module + "', but in " + top(graph));
      }
    }
    return names;
  }

  private static String storage(Input input) {
    return input.tiedTo() == null ? input.name() : input.tiedTo();
  }

  private static Graph freeze(Graph graph, Predicate<String> isFrozen) {
    List<Input> inputs = new ArrayList<>();
    boolean trains = false;
    for (Input input : graph.inputs()) {
      boolean parameter = input.kind() == Input.Kind.PARAMETER;
      Input now = parameter && isFrozen.test(storage(input)) ? input.withoutGradient() : input;
      trains |= parameter && now.requiresGrad();
      inputs.add(now);
    }
    if (!trains) {
      throw new NothingToTrainException(graph);
    }
    return inputs.equals(graph.inputs())
        ? graph
        : new Graph(graph.name(), inputs, graph.nodes(), graph.outputs());
  }

  /** All parameters would be frozen. */
  public static final class NothingToTrainException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    NothingToTrainException(Graph graph) {
      super("nothing of " + graph.name() + " is left to train: it has parameters in " + top(graph));
    }
  }

  /** Names at the top of the module tree that have parameters. */
  private static String top(Graph graph) {
    Set<String> names = new LinkedHashSet<>();
    for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
      names.add(input.path().replaceFirst("\\..*", ""));
    }
    return String.join(", ", names);
  }
}
