package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code torch/optim/sgd.py}: no dampening, no Nesterov momentum. */
final class SgdStep<T> extends OptimizerStep<T> {
  private final double momentum;
  private final List<T> buffers = new ArrayList<>();

  SgdStep(Engine<T> engine, Recipe recipe, List<T> params, double momentum) {
    super(engine, recipe, params);
    this.momentum = momentum;
  }

  @Override
  void createState(List<T> grads) {
    // Only the fused form prepares its buffers up front; the others clone the first gradient.
    if (momentum != 0 && recipe.form() == Form.FUSED) {
      for (T grad : grads) {
        buffers.add(keep(one("aten.empty_like.default", grad)));
      }
    }
  }

  @Override
  void forLoop(List<T> grads) {
    boolean first = steps == 1;
    for (int i = 0; i < params.size(); i++) {
      T grad = decayed(grads.get(i), params.get(i));
      T direction = grad;
      if (momentum != 0) {
        if (first) {
          buffers.add(keep(one("aten.clone.default", direction)));
        } else {
          run("aten.mul_.Tensor", buffers.get(i), momentum);
          run("aten.add_.Tensor", buffers.get(i), direction, 1L);
        }
        direction = buffers.get(i);
        drop(grad, grads.get(i));
      }
      run("aten.add_.Tensor", params.get(i), direction, -lr);
      if (momentum == 0) {
        drop(grad, grads.get(i));
      }
    }
  }

  @Override
  void foreach(List<T> given) {
    List<T> grads = decayed(given);
    List<T> direction = grads;
    if (momentum != 0) {
      if (steps == 1) {
        grads.forEach(g -> buffers.add(keep(one("aten.clone.default", g))));
      } else {
        run("aten._foreach_mul_.Scalar", buffers, momentum);
        run("aten._foreach_add_.List", buffers, grads, 1L);
      }
      direction = buffers;
      drop(grads, given);
    }
    run("aten._foreach_add_.List", params, direction, -lr);
    if (momentum == 0) {
      drop(grads, given);
    }
  }

  @Override
  void fused(List<T> grads) {
    run(
        "aten._fused_sgd_.default",
        params,
        grads,
        buffers,
        weightDecay,
        momentum,
        lr,
        0.0,
        false,
        false,
        steps == 1);
  }

  @Override
  Map<String, List<T>> state() {
    return momentum == 0 ? Map.of() : Map.of("momentum_buffer", buffers);
  }
}
