package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Phase;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A training loop as people write it in PyTorch, against any {@link Engine}: on paper it writes the
 * predicted ledger, on libtorch it trains. References die where Python's would: the previous output
 * and loss only after the new ones exist, gradients at {@code zero_grad}.
 *
 * <pre>{@code
 * for x, y in batches:                     # BATCH
 *     optimizer.zero_grad()                # ZERO_GRAD (set_to_none, if the recipe says so)
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
  private static final String MODEL = "model.";
  private static final String OPTIMIZER = "optimizer.";
  private static final String AVERAGE = "average.";

  private final Engine<T> engine;
  private final Recipe recipe;
  private final Target target;
  private final BatchVariables<T> batch;
  private final GraphRunner<T> runner;

  /**
   * The network as {@code model.eval()} leaves it; the same as the runner where nothing differs.
   */
  private final Graph graph;

  private @Nullable GraphRunner<T> evaluation;

  private final Variables<T> variables;
  private final OptimizerStep<T> optimizer;
  private final @Nullable WeightAverage<T> average;
  private boolean stepping;
  private Consumer<T> lossWatcher = loss -> {};
  private Passes passes = left -> false;
  private int iteration;
  private @Nullable T out;
  private @Nullable T loss;

  /** Writes values into tensors that were just allocated; does nothing on paper. */
  @FunctionalInterface
  public interface Fill<T> {
    /** Fills x (the network's inputs, in their order) and y (the {@link Target}). */
    void fill(List<T> x, T y);
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
   * @throws IllegalArgumentException if the network takes no input
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
    this.target = target;
    batch = new BatchVariables<>(engine, graph, target, recipe.arrival());
    runner =
        recipe.checkpoint().isNone()
            ? new GraphRunner<>(engine, graph)
            : GraphRunner.checkpointing(engine, graph, recipe.checkpoint());
    this.graph = graph;
    engine.phase(0, Phase.SETUP);
    variables =
        new Variables<>(engine, runner, graph.inputs(), byModule, recipe.extras(), initializer);
    optimizer = OptimizerStep.of(engine, recipe, variables.trained());
    engine.setGradEnabled(false);
    optimizer.construct();
    variables.untrained().forEach(optimizer::constructIdle);
    average =
        recipe.extras().averageDecay() == 0
            ? null
            : new WeightAverage<>(engine, recipe.extras().averageDecay(), variables.averaged());
    engine.setGradEnabled(true);
  }

  /** What runs the network in evaluation mode; made when somebody validates. */
  private GraphRunner<T> evaluation() {
    GraphRunner<T> existing = evaluation;
    if (existing == null) {
      Graph evaluated = Evaluation.of(graph);
      WeightAverage<T> kept = average;
      if (evaluated.equals(graph) && recipe.checkpoint().isNone() && kept == null) {
        existing = runner;
      } else {
        GraphRunner<T> made = new GraphRunner<>(engine, evaluated);
        runner.shareBound(made);
        if (kept != null) {
          variables.bindAverages(made, kept);
        }
        existing = made;
      }
      evaluation = existing;
    }
    return existing;
  }

  /**
   * Trained parameters, without those that no node uses, by their path in the module tree, in
   * registration order; borrowed.
   */
  public Map<String, T> parameters() {
    return variables.byPath();
  }

  /**
   * All that the next step depends on, by name: parameters and buffers under {@code model.}, the
   * optimizer's state under {@code optimizer.}, numbered as the parameters are, averages under
   * {@code average.}; borrowed.
   */
  public Map<String, T> state() {
    Map<String, T> all = new LinkedHashMap<>();
    parameters().forEach((path, tensor) -> all.put(MODEL + path, tensor));
    buffers().forEach((path, tensor) -> all.put(MODEL + path, tensor));
    optimizer
        .state()
        .forEach(
            (name, tensors) -> {
              for (int i = 0; i < tensors.size(); i++) {
                all.put(OPTIMIZER + name + "." + i, tensors.get(i));
              }
            });
    if (average != null) {
      average.averages().forEach((path, tensor) -> all.put(AVERAGE + path, tensor));
    }
    return all;
  }

  /** The parameters that validation uses and a user wants to keep: the averages where kept. */
  public Map<String, T> evaluated() {
    return Collections.unmodifiableMap(average == null ? parameters() : average.averages());
  }

  /** Moves the learning rate from here on, as a schedule does before a step. */
  public void setLearningRate(double rate) {
    optimizer.lr = rate;
  }

  /** Optimizer steps that the state has seen, those before a {@link #restore} included. */
  public long steps() {
    return optimizer.steps;
  }

  /**
   * Makes room for the state of another run; the caller then writes the values into {@link #state}.
   *
   * @param steps optimizer steps that it has seen
   * @param types type of every tensor of its {@link #state}
   * @throws IllegalArgumentException if it belongs to another network or optimizer
   */
  public void restore(long steps, Map<String, TensorType> types) {
    optimizer.restore(steps, States.ofOptimizer(types, OPTIMIZER, variables.trained().size()));
    Map<String, T> mine = state();
    States.requireSame(types.keySet(), mine.keySet());
    mine.forEach((name, tensor) -> States.requireSame(name, types.get(name), engine.type(tensor)));
  }

  /** The loss of the last micro-batch, divided by the number of micro-batches; borrowed. */
  public T loss() {
    return Objects.requireNonNull(loss, "no iteration has run");
  }

  /** What the loss holds the output against. */
  public Target target() {
    return target;
  }

  /** Iterations of this loop, those before a {@link #restore} not included. */
  public int iterations() {
    return iteration;
  }

  /**
   * The network on a batch before training, as tools that print its layers do ({@code
   * torchsummary}): the result goes at once, the batch after it.
   */
  public void lookAt(long size) {
    engine.phase(0, Phase.SETUP);
    List<T> sampleBatch = batch.emptyInputs(size);
    engine.release(runner.run(sampleBatch));
    sampleBatch.forEach(engine::release);
  }

  /** A batch arrives and goes through the network; then the program ends in its loss. */
  public void failInLoss(long size, Fill<T> fill) {
    iteration++;
    arrive(size, fill);
    engine.phase(iteration, Phase.FORWARD);
    T newOut = runner.run(batch.inputs());
    drop(out);
    out = newOut;
  }

  /** Looks at a micro-batch that has just ended, on paper. */
  @FunctionalInterface
  public interface Passes {
    /**
     * Called where more of the same size follow in its iteration.
     *
     * @param left how many
     * @return whether they are left out, as they would only repeat this one
     */
    boolean isEnough(int left);
  }

  /** Has iterations of equal micro-batches end their passes as soon as they are enough. */
  public void endPasses(Passes enough) {
    passes = enough;
  }

  /** One iteration: {@code accumulate} micro-batches of a size, then an optimizer step. */
  public void iterate(long size, Fill<T> fill) {
    int count = recipe.accumulate();
    iterate(count, micro -> size, Math.multiplyExact(size, (long) count), fill, passes);
  }

  /**
   * One iteration over micro-batches of any sizes, each loss weighted by its share of the samples:
   * the gradient is that of one batch of all of them.
   */
  public void iterate(long[] sizes, Fill<T> fill) {
    iterate(sizes.length, micro -> sizes[micro], Arrays.stream(sizes).sum(), fill, left -> false);
  }

  private void iterate(
      int count, IntToLongFunction sizes, long total, Fill<T> fill, Passes enough) {
    iteration++;
    boolean accumulates = recipe.accumulate() > 1 || count > 1;
    if (!accumulates || recipe.arrival() == BatchArrival.FIXED) {
      arrive(sizes.applyAsLong(0), fill);
    }
    engine.phase(iteration, Phase.ZERO_GRAD);
    variables.zeroGrad(recipe.setToNone());
    for (int micro = 0; micro < count; micro++) {
      long size = sizes.applyAsLong(micro);
      if (micro > 0 || (accumulates && recipe.arrival() != BatchArrival.FIXED)) {
        arrive(size, fill);
      }
      forwardAndBackward(accumulates ? (double) total / size : 1);
      if (micro + 1 < count && enough.isEnough(count - micro - 1)) {
        break;
      }
    }
    engine.phase(iteration, Phase.OPTIMIZER);
    engine.setGradEnabled(false);
    List<T> grads = variables.grads();
    stepping = true;
    if (recipe.extras().clipNorm() > 0) {
      GradientClipping.clip(engine, grads, recipe.extras().clipNorm());
    }
    optimizer.step(grads);
    if (average != null) {
      average.update(optimizer.steps);
    }
    stepping = false;
    grads.forEach(engine::release);
    engine.setGradEnabled(true);
  }

  /**
   * The mean gradient of a micro-batch at the present weights, without a step. The last step's
   * gradients and batch are dropped for it, and buffers (running statistics) move as in training.
   *
   * @param use borrows one gradient per parameter, in registration order, before they are dropped
   */
  public void gradients(long size, Fill<T> fill, Consumer<List<T>> use) {
    arrive(size, fill);
    engine.phase(iteration, Phase.ZERO_GRAD);
    variables.zeroGrad(true);
    forwardAndBackward(recipe.accumulate());
    engine.phase(iteration, Phase.PROBE);
    List<T> grads = variables.grads();
    use.accept(grads);
    grads.forEach(engine::release);
    variables.zeroGrad(true);
  }

  private void forwardAndBackward(double divisor) {
    DType autocast = recipe.precision().autocast();
    engine.phase(iteration, Phase.FORWARD);
    engine.setAutocast(autocast);
    T newOut = runner.run(batch.inputs());
    drop(out);
    out = newOut;
    engine.phase(iteration, Phase.LOSS);
    T newLoss = newOut;
    if (recipe.loss() == Loss.NONE) {
      out = null;
    } else {
      newLoss = target.loss(engine, recipe, newOut, batch.target());
    }
    lossWatcher.accept(newLoss);
    if (recipe.accumulate() > 1 || divisor != 1) {
      T whole = newLoss;
      try {
        newLoss = engine.call("aten.div.Tensor", whole, divisor).getFirst();
      } finally {
        engine.release(whole);
      }
    }
    drop(loss);
    loss = newLoss;
    engine.setAutocast(null);
    engine.phase(iteration, Phase.BACKWARD);
    engine.backward(newLoss, out);
  }

  /**
   * The network's output on a batch, in evaluation mode and without gradients. The loop's own x, y,
   * out and loss stay alive meanwhile, as they do in a script that validates inside its training
   * function.
   *
   * @param use looks at the output and the labels while they are alive
   */
  public void validate(long size, Fill<T> fill, Validation<T> use) {
    engine.phase(iteration, Phase.VALIDATION);
    engine.setGradEnabled(false);
    List<T> vx = batch.emptyInputs(size);
    T vy = batch.emptyTarget(size);
    fill.fill(vx, vy);
    engine.setAutocast(recipe.precision().autocast());
    T result = evaluation().run(vx);
    engine.setAutocast(null);
    use.accept(result, vy);
    engine.release(result);
    vx.forEach(engine::release);
    engine.release(vy);
    engine.setGradEnabled(true);
  }

  /** Looks at an output and its labels; both borrowed. */
  @FunctionalInterface
  public interface Validation<T> {
    /** Called once per batch. */
    void accept(T output, T labels);
  }

  /**
   * Runs the network once more on the batch at hand, without gradients: for finding out which node
   * a bad loss comes from.
   */
  public void look(Graph graph, BiConsumer<Node, List<T>> observer) {
    GraphRunner<T> looking = new GraphRunner<>(engine, graph, observer);
    runner.shareBound(looking);
    engine.setGradEnabled(false);
    engine.release(looking.run(batch.inputs()));
    engine.setGradEnabled(true);
  }

  /**
   * Whether an iteration ended inside its optimizer step, so that some parameters have moved and
   * others have not.
   */
  public boolean isTornApart() {
    return stepping;
  }

  /** Buffers by path; borrowed. */
  public Map<String, T> buffers() {
    return variables.others();
  }

  /** Calls a watcher with every loss before backward runs from it; borrowed. */
  public void watchLoss(Consumer<T> watcher) {
    lossWatcher = watcher;
  }

  /**
   * Drops all that an iteration which failed before its optimizer step left behind. Parameters and
   * optimizer state are as before it; buffers may not be.
   */
  public void abandon() {
    runner.reset();
    batch.drop();
    drop(out);
    drop(loss);
    out = null;
    loss = null;
    variables.zeroGrad(true);
    engine.setAutocast(null);
    engine.setGradEnabled(true);
  }

  private void arrive(long size, Fill<T> fill) {
    engine.phase(iteration, Phase.BATCH);
    batch.arrive(size, fill);
  }

  private void drop(@Nullable T handle) {
    if (handle != null) {
      engine.release(handle);
    }
  }

  /** Drops everything: afterwards nothing is alive. */
  @Override
  public void close() {
    engine.phase(iteration, Phase.SETUP);
    batch.drop();
    drop(out);
    drop(loss);
    optimizer.close();
    if (average != null) {
      average.close();
    }
    variables.close();
  }
}
