package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.recipe.Extras;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that a model keeps from step to step: parameters with their gradients, buffers,
 * constants.
 *
 * @param <T> handle to a tensor
 */
final class Variables<T> {
  private final Engine<T> engine;
  private final GraphRunner<T> runner;
  private final int inputCount;
  private final boolean averages;

  /** Trained parameters, and their paths beside them: a map is made when somebody asks by path. */
  private final List<T> trained = new ArrayList<>();

  private final List<String> paths = new ArrayList<>();
  private @Nullable Map<String, T> byPath;

  /** Parameters that no node uses: they never have a gradient, and optimizers pass over them. */
  private final List<T> idle = new ArrayList<>();

  /** The same of those that are not trained. */
  private final List<T> frozen = new ArrayList<>();

  /** Every parameter that is not another one's storage, if an average is kept of them. */
  private final Map<String, T> averaged = new LinkedHashMap<>();

  /** Buffers, constants and frozen parameters. */
  private final Map<String, T> others = new LinkedHashMap<>();

  /**
   * Makes all that a graph does not get from its user, and gives it to what runs the graph.
   *
   * @param byModule parameters and buffers module by module, as {@code model.to(device)} moves
   *     them; else parameters first
   */
  Variables(
      Engine<T> engine,
      GraphRunner<T> runner,
      List<Input> inputs,
      boolean byModule,
      Extras extras,
      TrainingLoop.Initializer<T> initializer) {
    this.engine = engine;
    this.runner = runner;
    inputCount = inputs.size();
    averages = extras.averageDecay() != 0;
    BitSet used = runner.sources();
    for (int i : byModule ? byModule(inputs) : inOrder(inputs)) {
      Input input = inputs.get(i);
      if (input.kind() != Input.Kind.USER) {
        runner.bind(i, setUp(input, used.get(i), initializer));
      }
    }
  }

  private static int[] inOrder(List<Input> inputs) {
    return IntStream.range(0, inputs.size()).toArray();
  }

  private static int[] byModule(List<Input> inputs) {
    Map<String, List<Integer>> modules = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      String path = inputs.get(i).path();
      String module = path.substring(0, Math.max(0, path.lastIndexOf('.')));
      modules.computeIfAbsent(module, m -> new ArrayList<>()).add(i);
    }
    return modules.values().stream().flatMap(List::stream).mapToInt(Integer::intValue).toArray();
  }

  private T setUp(Input input, boolean used, TrainingLoop.Initializer<T> initializer) {
    TensorType type = input.type(1);
    T earlier = input.tiedTo() == null ? null : runner.bound(runner.input(input.tiedTo()));
    if (earlier != null && input.offset() == 0 && engine.type(earlier).equals(type)) {
      return earlier;
    }
    T tensor;
    if (earlier != null) {
      tensor = engine.view(earlier, type, input.offset());
    } else {
      tensor =
          switch (input.kind()) {
            case CONSTANT -> engine.constant(type);
            case PARAMETER -> engine.empty(type, Category.PARAMETER);
            default -> engine.empty(type, Category.BUFFER);
          };
      initializer.initialize(input, tensor);
    }
    boolean parameter = input.kind() == Input.Kind.PARAMETER;
    if (parameter && averages) {
      averaged.put(input.path(), tensor);
    }
    if (parameter && input.requiresGrad()) {
      engine.requireGrad(tensor);
      if (used) {
        paths.add(input.path());
        trained.add(tensor);
      } else {
        idle.add(tensor);
      }
    } else {
      others.put(input.path(), tensor);
      if (parameter) {
        frozen.add(tensor);
      }
    }
    return tensor;
  }

  /** Trained parameters, without those that no node uses, in registration order; borrowed. */
  List<T> trained() {
    return Collections.unmodifiableList(trained);
  }

  /** The same by their path in the module tree. */
  Map<String, T> byPath() {
    Map<String, T> known = byPath;
    if (known == null) {
      known = LinkedHashMap.newLinkedHashMap(paths.size());
      for (int i = 0; i < paths.size(); i++) {
        known.put(paths.get(i), trained.get(i));
      }
      known = Collections.unmodifiableMap(known);
      byPath = known;
    }
    return known;
  }

  /** Parameters without a gradient, those that no node uses first; borrowed. */
  List<T> untrained() {
    List<T> all = new ArrayList<>(idle);
    all.addAll(frozen);
    return all;
  }

  /** Every parameter that an average is kept of, by path; borrowed. */
  Map<String, T> averaged() {
    return Collections.unmodifiableMap(averaged);
  }

  /** Buffers, constants and frozen parameters by path; borrowed. */
  Map<String, T> others() {
    return Collections.unmodifiableMap(others);
  }

  /**
   * Gives another runner of the graph the averages; tied parameters, being one tensor, have one.
   */
  void bindAverages(GraphRunner<T> other, WeightAverage<T> average) {
    IdentityHashMap<T, String> pathOf = new IdentityHashMap<>();
    averaged.forEach((path, tensor) -> pathOf.put(tensor, path));
    for (int i = 0; i < inputCount; i++) {
      T tensor = runner.bound(i);
      String path = tensor == null ? null : pathOf.get(tensor);
      if (path != null) {
        other.bind(i, average.of(path));
      }
    }
  }

  /** {@code Optimizer.zero_grad(set_to_none)}. */
  void zeroGrad(boolean setToNone) {
    for (T parameter : trained) {
      T grad = setToNone ? null : engine.grad(parameter);
      if (grad == null) {
        engine.clearGrad(parameter);
      } else {
        // Nothing is allocated, so torch.optim's foreach form of this is the same on paper.
        engine.release(engine.call("aten.zero_.default", grad).getFirst());
        engine.release(grad);
      }
    }
  }

  /** One gradient per trained parameter, each a handle of the caller's own. */
  List<T> grads() {
    List<T> grads = new ArrayList<>(trained.size());
    List<String> without = new ArrayList<>();
    for (int i = 0; i < trained.size(); i++) {
      T grad = engine.grad(trained.get(i));
      if (grad == null) {
        without.add(paths.get(i));
      } else {
        grads.add(grad);
      }
    }
    if (!without.isEmpty()) {
      grads.forEach(engine::release);
      throw new IllegalArgumentException(unreached(without));
    }
    return grads;
  }

  private String unreached(List<String> without) {
    if (without.size() == paths.size()) {
      return "no parameter gets a gradient: the loss reaches none of them, or an operator between"
          + " has no derivative.";
    }
    // A module by its name where none of its parameters is reached, else the parameter.
    Set<String> names = new LinkedHashSet<>();
    for (String path : without) {
      String module = path.replaceFirst("[.][^.]*$", "");
      boolean whole =
          paths.stream().allMatch(p -> !p.startsWith(module + ".") || without.contains(p));
      names.add(whole ? module : path);
    }
    return without.getFirst()
        + (without.size() == 1
            ? " gets no gradient: the loss does not reach it."
            : " and "
                + (without.size() - 1)
                + " more get no gradient: the loss does not reach them.")
        + " If that is meant, say so with --freeze "
        + String.join(",", names)
        + ", or freeze with requires_grad_(False) before exporting.";
  }

  /** Drops everything. */
  void close() {
    others.values().forEach(engine::release);
    idle.forEach(engine::release);
    for (T parameter : trained) {
      engine.clearGrad(parameter);
      engine.release(parameter);
    }
  }
}
