package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code torch/optim/adagrad.py}: no decay of the learning rate; state exists from construction on.
 */
final class AdagradStep<T> extends OptimizerStep<T> {
  private static final double EPS = 1e-10;

  private final List<T> stepTensors = new ArrayList<>();
  private final List<T> sums = new ArrayList<>();

  AdagradStep(Engine<T> engine, Recipe recipe, List<T> params) {
    super(engine, recipe, params);
  }

  @Override
  void construct() {
    for (T param : params) {
      stepTensors.add(stepTensor());
      sums.add(stateLike(param));
    }
  }

  @Override
  void constructIdle(T param) {
    idleState.add(stepTensor());
    idleState.add(stateLike(param));
  }

  @Override
  void createState(List<T> grads) {}

  @Override
  void forLoop(List<T> grads) {
    @Nullable T deviation = null;
    for (int i = 0; i < params.size(); i++) {
      run("aten.add_.Tensor", stepTensors.get(i), 1L, 1L);
      T grad = decayed(grads.get(i), params.get(i));
      run("aten.addcmul_.default", sums.get(i), grad, grad, 1.0);
      T root = one("aten.sqrt.default", sums.get(i));
      run("aten.add_.Tensor", root, EPS, 1L);
      if (deviation != null) {
        engine.release(deviation);
      }
      deviation = root;
      run("aten.addcdiv_.default", params.get(i), grad, root, -lr);
      drop(grad, grads.get(i));
    }
    if (deviation != null) {
      engine.release(deviation);
    }
  }

  @Override
  void foreach(List<T> given) {
    countForeach(stepTensors);
    List<T> grads = decayed(given);
    run("aten._foreach_addcmul_.Scalar", sums, grads, grads, 1.0);
    List<T> deviation = engine.call("aten._foreach_sqrt.default", sums);
    run("aten._foreach_add_.Scalar", deviation, EPS);
    List<T> numerator = engine.call("aten._foreach_mul.Scalar", grads, -lr);
    run("aten._foreach_addcdiv_.Scalar", params, numerator, deviation, 1.0);
    drop(grads, given);
    releaseBackwards(deviation);
    releaseBackwards(numerator);
  }

  @Override
  void fused(List<T> grads) {
    run("aten._foreach_add_.Scalar", stepTensors, 1L);
    run(
        "aten._fused_adagrad_.default",
        params,
        grads,
        sums,
        stepTensors,
        lr,
        0.0,
        weightDecay,
        EPS,
        false);
  }

  @Override
  Map<String, List<T>> state() {
    Map<String, List<T>> state = new LinkedHashMap<>();
    state.put("step", stepTensors);
    state.put("sum", sums);
    return state;
  }
}
