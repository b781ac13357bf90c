package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Phase;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A training loop as people write it in PyTorch, against any {@link Engine}: on paper it writes the
 * predicted ledger, on libtorch it trains. References die where Python's would: the previous output
 * and loss only after the new ones exist, gradients at {@code zero_grad}.
 *
 * <pre>{@code
 * for x, y in batches:                     # BATCH
 *     optimizer.zero_grad()                # ZERO_GRAD (set_to_none)
 *     with autocast():                     # if the recipe asks for it
 *         out = model(x)                   # FORWARD
 *         loss = cross_entropy(out, y)     # LOSS (divided when accumulating)
 *     loss.backward()                      # BACKWARD
 *     optimizer.step()                     # OPTIMIZER
 * }</pre>
 *
 * @param <T> handle to a tensor
 */
public final class TrainingLoop<T> implements AutoCloseable {
  private final Engine<T> engine;
  private final Recipe recipe;
  private final Input sample;
  private final Target target;
  private final GraphRunner<T> runner;

  /**
   * The network as {@code model.eval()} leaves it; the same as the runner where nothing differs.
   */
  private final Graph graph;

  private @Nullable GraphRunner<T> evaluation;
  private final Map<String, T> handles = new HashMap<>();

  private final Map<String, T> parameters = new LinkedHashMap<>();

  /** Parameters that no node uses: they never have a gradient, and optimizers pass over them. */
  private final List<T> idle = new ArrayList<>();

  /** Buffers, constants and frozen parameters. */
  private final List<T> others = new ArrayList<>();

  private final Map<String, T> bound = new HashMap<>();
  private final OptimizerStep<T> optimizer;
  private int iteration;
  private @Nullable T x;
  private @Nullable T y;
  private @Nullable T out;
  private @Nullable T loss;

  /** Writes values into tensors that were just allocated; does nothing on paper. */
  @FunctionalInterface
  public interface Fill<T> {
    /** Fills x (shape of the network's input) and y (the {@link Target}). */
    void fill(T x, T y);
  }

  /** Gives a fresh parameter its first values; does nothing on paper. */
  @FunctionalInterface
  public interface Initializer<T> {
    /** Fills a parameter by its {@link Input#init}. */
    void initialize(Input parameter, T tensor);
  }

  /**
   * Sets the network up: parameters in registration order, then the optimizer.
   *
   * @throws IllegalArgumentException if the network does not take exactly one input
   */
  public TrainingLoop(Engine<T> engine, Graph graph, Recipe recipe, Initializer<T> initializer) {
    this(engine, graph, recipe, Target.of(graph, recipe), initializer);
  }

  /** As above, with a target that is known: of a network whose output no rule gives. */
  public TrainingLoop(
      Engine<T> engine, Graph graph, Recipe recipe, Target target, Initializer<T> initializer) {
    this(engine, graph, recipe, target, initializer, false);
  }

  /**
   * The same with a choice of the order.
   *
   * @param byModule parameters and buffers module by module, as {@code model.to(device)} moves
   *     them; else parameters first
   */
  public TrainingLoop(
      Engine<T> engine,
      Graph graph,
      Recipe recipe,
      Target target,
      Initializer<T> initializer,
      boolean byModule) {
    this.engine = engine;
    this.recipe = recipe;
    List<Input> samples = graph.inputs(Input.Kind.USER);
    if (samples.size() != 1) {
      throw new IllegalArgumentException(
          graph.name() + " takes " + samples.size() + " inputs, expected 1");
    }
    sample = samples.getFirst();
    this.target = target;
    runner =
        recipe.checkpoint() == Checkpoint.NONE
            ? new GraphRunner<>(engine, graph)
            : GraphRunner.checkpointing(engine, graph);
    this.graph = graph;
    Set<String> used = graph.sources();
    for (Input input : graph.inputs()) {
      if (input.tiedTo() != null && used.contains(input.name())) {
        used.add(input.tiedTo());
      }
    }
    engine.phase(0, Phase.SETUP);
    for (Input input : byModule ? byModule(graph.inputs()) : graph.inputs()) {
      if (input.kind() != Input.Kind.USER) {
        T tensor = setUp(input, used, initializer);
        runner.bind(input.name(), tensor);
        handles.put(input.name(), tensor);
      }
    }
    optimizer = OptimizerStep.of(engine, recipe, List.copyOf(parameters.values()));
    engine.setGradEnabled(false);
    optimizer.construct();
    idle.forEach(optimizer::constructIdle);
    engine.setGradEnabled(true);
  }

  /** What runs the network in evaluation mode; made when somebody validates. */
  private GraphRunner<T> evaluation() {
    GraphRunner<T> existing = evaluation;
    if (existing == null) {
      Graph evaluated = Evaluation.of(graph);
      if (evaluated.equals(graph) && recipe.checkpoint() == Checkpoint.NONE) {
        existing = runner;
      } else {
        existing = new GraphRunner<>(engine, evaluated);
        handles.forEach(existing::bind);
      }
      evaluation = existing;
    }
    return existing;
  }

  private static List<Input> byModule(List<Input> inputs) {
    Map<String, List<Input>> modules = new LinkedHashMap<>();
    for (Input input : inputs) {
      String module = input.path().substring(0, Math.max(0, input.path().lastIndexOf('.')));
      modules.computeIfAbsent(module, m -> new ArrayList<>()).add(input);
    }
    return modules.values().stream().flatMap(List::stream).toList();
  }

  private T setUp(Input input, Set<String> used, Initializer<T> initializer) {
    TensorType type = input.type(1);
    T earlier = input.tiedTo() == null ? null : bound.get(input.tiedTo());
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
    bound.put(input.name(), tensor);
    if (input.kind() == Input.Kind.PARAMETER && input.requiresGrad()) {
      engine.requireGrad(tensor);
      if (used.contains(input.name())) {
        parameters.put(input.path(), tensor);
      } else {
        idle.add(tensor);
      }
    } else {
      others.add(tensor);
    }
    return tensor;
  }

  /**
   * Trained parameters, without those that no node uses, by their path in the module tree, in
   * registration order; borrowed.
   */
  public Map<String, T> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /** The step size from here on; the recipe's until this is called. */
  public void learningRate(double lr) {
    optimizer.lr = lr;
  }

  /** The loss of the last micro-batch, divided by the number of micro-batches; borrowed. */
  public T loss() {
    return Objects.requireNonNull(loss, "no iteration has run");
  }

  /** What the loss holds the output against. */
  public Target target() {
    return target;
  }

  /** Iterations so far. */
  public int iterations() {
    return iteration;
  }

  /**
   * The network on a batch before training, as tools that print its layers do ({@code
   * torchsummary}): the result goes at once, the batch after it.
   */
  public void lookAt(long batch) {
    engine.phase(0, Phase.SETUP);
    T sampleBatch = engine.empty(sample.type(batch), Category.INPUT);
    engine.release(runner.run(List.of(sampleBatch)));
    engine.release(sampleBatch);
  }

  /** A batch arrives and goes through the network; then the program ends in its loss. */
  public void failInLoss(long batch, Fill<T> fill) {
    iteration++;
    arrive(batch, fill);
    engine.phase(iteration, Phase.FORWARD);
    T newOut = runner.run(List.of(given(x)));
    drop(out);
    out = newOut;
  }

  /** One iteration: {@code accumulate} micro-batches of a size, then an optimizer step. */
  public void iterate(long batch, Fill<T> fill) {
    iteration++;
    if (recipe.accumulate() == 1 || recipe.arrival() == BatchArrival.FIXED) {
      arrive(batch, fill);
    }
    engine.phase(iteration, Phase.ZERO_GRAD);
    for (T parameter : parameters.values()) {
      engine.clearGrad(parameter);
    }
    for (int micro = 0; micro < recipe.accumulate(); micro++) {
      if (recipe.accumulate() > 1 && recipe.arrival() != BatchArrival.FIXED) {
        arrive(batch, fill);
      } else if (micro > 0) {
        fill.fill(given(x), given(y));
      }
      forwardAndBackward();
    }
    engine.phase(iteration, Phase.OPTIMIZER);
    engine.setGradEnabled(false);
    List<T> grads = grads();
    optimizer.step(grads);
    grads.forEach(engine::release);
    engine.setGradEnabled(true);
  }

  /**
   * The mean gradient of a micro-batch at the present weights, without a step. The last step's
   * gradients and batch are dropped for it, and buffers (running statistics) move as in training.
   *
   * @param use borrows one gradient per parameter, in registration order, before they are dropped
   */
  public void gradients(long batch, Fill<T> fill, Consumer<List<T>> use) {
    arrive(batch, fill);
    engine.phase(iteration, Phase.ZERO_GRAD);
    parameters.values().forEach(engine::clearGrad);
    forwardAndBackward();
    engine.phase(iteration, Phase.PROBE);
    List<T> grads = grads();
    use.accept(grads);
    grads.forEach(engine::release);
    parameters.values().forEach(engine::clearGrad);
  }

  private List<T> grads() {
    List<T> grads = new ArrayList<>();
    for (Map.Entry<String, T> parameter : parameters.entrySet()) {
      T grad = engine.grad(parameter.getValue());
      if (grad == null) {
        throw new IllegalArgumentException(
            parameter.getKey()
                + " gets no gradient: the loss does not reach it. If that is meant, freeze it"
                + " (requires_grad_(False)) before exporting.");
      }
      engine.tag(grad, Category.GRADIENT);
      grads.add(grad);
    }
    return grads;
  }

  private void forwardAndBackward() {
    DType autocast = recipe.precision().autocast();
    engine.phase(iteration, Phase.FORWARD);
    engine.setAutocast(autocast);
    T newOut = runner.run(List.of(given(x)));
    drop(out);
    out = newOut;
    engine.phase(iteration, Phase.LOSS);
    T newLoss = newOut;
    if (recipe.loss() == Loss.NONE) {
      out = null;
    } else {
      newLoss = target.loss(engine, recipe.loss(), newOut, given(y));
    }
    if (recipe.accumulate() > 1) {
      T divided = engine.call("aten.div.Tensor", newLoss, (double) recipe.accumulate()).getFirst();
      engine.release(newLoss);
      newLoss = divided;
    }
    drop(loss);
    loss = newLoss;
    engine.setAutocast(null);
    engine.phase(iteration, Phase.BACKWARD);
    engine.backward(newLoss);
    for (T parameter : parameters.values()) {
      T grad = engine.grad(parameter);
      if (grad != null) {
        engine.tag(grad, Category.GRADIENT);
        engine.release(grad);
      }
    }
  }

  /**
   * The network's output on a batch, in evaluation mode and without gradients. The loop's own x, y,
   * out and loss stay alive meanwhile, as they do in a script that validates inside its training
   * function.
   *
   * @param use looks at the output and the labels while they are alive
   */
  public void validate(long batch, Fill<T> fill, Validation<T> use) {
    engine.phase(iteration, Phase.VALIDATION);
    engine.setGradEnabled(false);
    T vx = engine.empty(sample.type(batch), Category.INPUT);
    T vy = engine.empty(target.type(batch), Category.INPUT);
    fill.fill(vx, vy);
    engine.setAutocast(recipe.precision().autocast());
    T result = evaluation().run(List.of(vx));
    engine.setAutocast(null);
    use.accept(result, vy);
    engine.release(result);
    engine.release(vx);
    engine.release(vy);
    engine.setGradEnabled(true);
  }

  /** Looks at an output and its labels; both borrowed. */
  @FunctionalInterface
  public interface Validation<T> {
    /** Called once per batch. */
    void accept(T output, T labels);
  }

  private void arrive(long batch, Fill<T> fill) {
    engine.phase(iteration, Phase.BATCH);
    TensorType xType = sample.type(batch);
    TensorType yType = target.type(batch);
    switch (recipe.arrival()) {
      case REPLACE -> {
        drop(x);
        drop(y);
        x = engine.empty(xType, Category.INPUT);
        y = engine.empty(yType, Category.INPUT);
      }
      case OVERLAP -> {
        T newX = engine.empty(xType, Category.INPUT);
        T newY = engine.empty(yType, Category.INPUT);
        drop(x);
        drop(y);
        x = newX;
        y = newY;
      }
      case FIXED -> {
        if (x == null || !engine.type(x).equals(xType)) {
          drop(x);
          drop(y);
          x = engine.empty(xType, Category.INPUT);
          y = engine.empty(yType, Category.INPUT);
        }
      }
    }
    fill.fill(given(x), given(y));
  }

  private void drop(@Nullable T handle) {
    if (handle != null) {
      engine.release(handle);
    }
  }

  private static <T> T given(@Nullable T handle) {
    return Objects.requireNonNull(handle, "no batch has arrived");
  }

  /** Drops everything: afterwards nothing is alive. */
  @Override
  public void close() {
    engine.phase(iteration, Phase.SETUP);
    drop(x);
    drop(y);
    drop(out);
    drop(loss);
    optimizer.close();
    others.forEach(engine::release);
    idle.forEach(engine::release);
    for (T parameter : parameters.values()) {
      engine.clearGrad(parameter);
      engine.release(parameter);
    }
  }
}
