package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code torch/optim/adam.py} and {@code adamw.py}: no amsgrad. */
final class AdamStep<T> extends OptimizerStep<T> {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPS = 1e-8;

  private final boolean decoupled;
  private final List<T> stepTensors = new ArrayList<>();
  private final List<T> averages = new ArrayList<>();
  private final List<T> squares = new ArrayList<>();

  AdamStep(Engine<T> engine, Recipe recipe, List<T> params) {
    super(engine, recipe, params);
    decoupled = recipe.optimizer() == Optimizer.ADAMW;
  }

  @Override
  void createState(List<T> grads) {
    for (T param : params) {
      stepTensors.add(stepTensor());
      averages.add(stateLike(param));
      squares.add(stateLike(param));
    }
  }

  private double correction1() {
    return 1 - Math.pow(BETA1, (double) steps);
  }

  private double rootOfCorrection2() {
    return Math.sqrt(1 - Math.pow(BETA2, (double) steps));
  }

  @Override
  void forLoop(List<T> grads) {
    @Nullable T denominator = null;
    for (int i = 0; i < params.size(); i++) {
      T param = params.get(i);
      run("aten.add_.Tensor", stepTensors.get(i), 1L, 1L);
      if (decoupled && weightDecay != 0) {
        run("aten.mul_.Tensor", param, 1 - lr * weightDecay);
      }
      T grad = decoupled ? grads.get(i) : decayed(grads.get(i), param);
      run("aten.lerp_.Scalar", averages.get(i), grad, 1 - BETA1);
      run("aten.mul_.Tensor", squares.get(i), BETA2);
      run("aten.addcmul_.default", squares.get(i), grad, grad, 1 - BETA2);
      T root = one("aten.sqrt.default", squares.get(i));
      T scaled = one("aten.div.Tensor", root, rootOfCorrection2());
      engine.release(root);
      run("aten.add_.Tensor", scaled, EPS, 1L);
      if (denominator != null) {
        engine.release(denominator);
      }
      denominator = scaled;
      run("aten.addcdiv_.default", param, averages.get(i), scaled, -lr / correction1());
      drop(grad, grads.get(i));
    }
    if (denominator != null) {
      engine.release(denominator);
    }
  }

  @Override
  void foreach(List<T> given) {
    countForeach(stepTensors);
    List<T> grads = decoupled ? given : decayed(given);
    if (decoupled && weightDecay != 0) {
      run("aten._foreach_mul_.Scalar", params, 1 - lr * weightDecay);
    }
    run("aten._foreach_lerp_.Scalar", averages, grads, 1 - BETA1);
    run("aten._foreach_mul_.Scalar", squares, BETA2);
    run("aten._foreach_addcmul_.Scalar", squares, grads, grads, 1 - BETA2);
    List<T> roots = engine.call("aten._foreach_sqrt.default", squares);
    run("aten._foreach_div_.ScalarList", roots, repeated(rootOfCorrection2()));
    run("aten._foreach_add_.Scalar", roots, EPS);
    run(
        "aten._foreach_addcdiv_.ScalarList",
        params,
        averages,
        roots,
        repeated(-lr / correction1()));
    drop(grads, given);
    releaseBackwards(roots);
  }

  @Override
  void fused(List<T> grads) {
    run("aten._foreach_add_.Scalar", stepTensors, 1L);
    run(
        decoupled ? "aten._fused_adamw_.default" : "aten._fused_adam_.default",
        params,
        grads,
        averages,
        squares,
        List.of(),
        stepTensors,
        lr,
        BETA1,
        BETA2,
        weightDecay,
        EPS,
        false,
        false);
  }

  @Override
  Map<String, List<T>> state() {
    Map<String, List<T>> state = new LinkedHashMap<>();
    state.put("step", stepTensors);
    state.put("exp_avg", averages);
    state.put("exp_avg_sq", squares);
    return state;
  }
}
