package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.ledger.Category;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One optimizer of torch.optim as a list of ATen calls, in the order of its Python source, with
 * local variables dying where Python's do.
 *
 * @param <T> handle to a tensor
 */
abstract class OptimizerStep<T> {
  final Engine<T> engine;
  final Recipe recipe;
  final List<T> params;
  final double weightDecay;

  /** Step size; a schedule moves it. */
  double lr;

  /** State of parameters that never get a gradient. */
  final List<T> idleState = new ArrayList<>();

  /** Steps taken, as the {@code step} tensors count them. */
  long steps;

  OptimizerStep(Engine<T> engine, Recipe recipe, List<T> params) {
    this.engine = engine;
    this.recipe = recipe;
    this.params = params;
    this.lr = recipe.learningRate();
    this.weightDecay = recipe.extras().weightDecay();
  }

  static <T> OptimizerStep<T> of(Engine<T> engine, Recipe recipe, List<T> params) {
    return switch (recipe.optimizer()) {
      case SGD -> new SgdStep<>(engine, recipe, params, 0);
      case MOMENTUM -> new SgdStep<>(engine, recipe, params, 0.9);
      case ADAM, ADAMW -> new AdamStep<>(engine, recipe, params);
      case RMSPROP -> new RmspropStep<>(engine, recipe, params);
      case ADAGRAD -> new AdagradStep<>(engine, recipe, params);
    };
  }

  /** State that exists before the first step (Adagrad's). */
  void construct() {}

  /** The same for a parameter that never gets a gradient. */
  void constructIdle(T param) {}

  /** State that the first step creates. */
  abstract void createState(List<T> grads);

  abstract void forLoop(List<T> grads);

  abstract void foreach(List<T> grads);

  abstract void fused(List<T> grads);

  /**
   * The state under the names of torch.optim's {@code state_dict}, one tensor per parameter once it
   * exists. The lists are the step's own: {@link #restore} fills them.
   */
  abstract Map<String, List<T>> state();

  /**
   * Makes room for a state that comes from elsewhere, as after so many steps.
   *
   * @param types type of every state tensor, by name
   * @throws IllegalArgumentException if this optimizer keeps other tensors
   */
  final void restore(long stepsTaken, Map<String, List<TensorType>> types) {
    if (!types.keySet().equals(state().keySet())) {
      throw new IllegalArgumentException(
          "the state holds " + types.keySet() + ", this optimizer keeps " + state().keySet());
    }
    state()
        .forEach(
            (name, tensors) -> {
              tensors.forEach(engine::release);
              tensors.clear();
              for (TensorType type : types.getOrDefault(name, List.of())) {
                tensors.add(engine.empty(type, Category.OPTIMIZER_STATE));
              }
            });
    steps = stepsTaken;
  }

  /** Runs one step; gradients stay the caller's. */
  final void step(List<T> grads) {
    if (steps == 0) {
      createState(grads);
    }
    steps++;
    switch (recipe.form()) {
      case FOR_LOOP -> forLoop(grads);
      case FOREACH -> foreach(grads);
      case FUSED -> fused(grads);
    }
  }

  /** Drops the state. */
  final void close() {
    state().values().forEach(tensors -> tensors.forEach(engine::release));
    idleState.forEach(engine::release);
  }

  /** {@code grad.add(param, alpha=weight_decay)}; the gradient itself without decay. */
  final T decayed(T grad, T param) {
    return weightDecay == 0 ? grad : one("aten.add.Tensor", grad, param, weightDecay);
  }

  /** Drops what {@link #decayed} returned. */
  @SuppressWarnings("ReferenceEquality") // it is the same handle or another
  final void drop(T decayed, T grad) {
    if (decayed != grad) {
      engine.release(decayed);
    }
  }

  /** The same for all gradients in one call. */
  final List<T> decayed(List<T> grads) {
    return weightDecay == 0
        ? grads
        : engine.call("aten._foreach_add.List", grads, params, weightDecay);
  }

  /** Drops what {@link #decayed(List)} returned. */
  @SuppressWarnings("ReferenceEquality") // it is the same list or another
  final void drop(List<T> decayed, List<T> grads) {
    if (decayed != grads) {
      releaseBackwards(decayed);
    }
  }

  final T one(String op, @Nullable Object... args) {
    return engine.call(op, args).getFirst();
  }

  /** A call whose results, if any, are dropped at once. */
  final void run(String op, @Nullable Object... args) {
    engine.call(op, args).forEach(engine::release);
  }

  final T stateLike(T like) {
    return keep(one("aten.zeros_like.default", like));
  }

  /** A step counter: in the CPU's memory unless a fused kernel reads it. */
  final T stepTensor() {
    engine.onHost(recipe.form() != Optimizer.Form.FUSED);
    T step = keep(one("aten.zeros.default", List.<Long>of()));
    engine.onHost(false);
    return step;
  }

  final T keep(T tensor) {
    engine.tag(tensor, Category.OPTIMIZER_STATE);
    return tensor;
  }

  /** {@code torch._foreach_add_(steps, torch.tensor(1.0), alpha=1.0)}. */
  final void countForeach(List<T> stepTensors) {
    engine.onHost(true);
    T one = one("aten.ones.default", List.<Long>of());
    run("aten._foreach_add_.Tensor", stepTensors, one, 1.0);
    engine.release(one);
    engine.onHost(false);
  }

  /** A list goes as Python's does: the last item first. */
  final void releaseBackwards(List<T> list) {
    for (T tensor : new ArrayList<>(list).reversed()) {
      engine.release(tensor);
    }
  }

  final List<Double> repeated(double value) {
    List<Double> out = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      out.add(value);
    }
    return out;
  }

  final TensorType type(T tensor) {
    return engine.type(tensor);
  }
}
