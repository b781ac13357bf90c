package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code torch/optim/rmsprop.py}: not centred, no momentum. */
final class RmspropStep<T> extends OptimizerStep<T> {
  private static final double ALPHA = 0.99;
  private static final double EPS = 1e-8;

  private final List<T> stepTensors = new ArrayList<>();
  private final List<T> squares = new ArrayList<>();

  RmspropStep(Engine<T> engine, Recipe recipe, List<T> params) {
    super(engine, recipe, params);
  }

  @Override
  void createState(List<T> grads) {
    for (T param : params) {
      stepTensors.add(stepTensor());
      squares.add(stateLike(param));
    }
  }

  @Override
  void forLoop(List<T> grads) {
    @Nullable T average = null;
    for (int i = 0; i < params.size(); i++) {
      run("aten.add_.Tensor", stepTensors.get(i), 1L, 1L);
      T grad = decayed(grads.get(i), params.get(i));
      run("aten.mul_.Tensor", squares.get(i), ALPHA);
      run("aten.addcmul_.default", squares.get(i), grad, grad, 1 - ALPHA);
      T root = one("aten.sqrt.default", squares.get(i));
      // Python binds `avg` to the root before it adds eps, so the old one dies here.
      if (average != null) {
        engine.release(average);
      }
      average = root;
      run("aten.add_.Tensor", root, EPS, 1L);
      run("aten.addcdiv_.default", params.get(i), grad, root, -lr);
      drop(grad, grads.get(i));
    }
    if (average != null) {
      engine.release(average);
    }
  }

  @Override
  void foreach(List<T> given) {
    countForeach(stepTensors);
    List<T> grads = decayed(given);
    run("aten._foreach_mul_.Scalar", squares, ALPHA);
    run("aten._foreach_addcmul_.Scalar", squares, grads, grads, 1 - ALPHA);
    List<T> average = engine.call("aten._foreach_sqrt.default", squares);
    run("aten._foreach_add_.Scalar", average, EPS);
    run("aten._foreach_addcdiv_.Scalar", params, grads, average, -lr);
    drop(grads, given);
    releaseBackwards(average);
  }

  @Override
  void fused(List<T> grads) {
    throw new IllegalStateException("PyTorch has no fused RMSprop");
  }

  @Override
  Map<String, List<T>> state() {
    Map<String, List<T>> state = new LinkedHashMap<>();
    state.put("step", stepTensors);
    state.put("square_avg", squares);
    return state;
  }
}
