package dev.headroom.op;

import static dev.headroom.op.Elementwise.like;
import static dev.headroom.op.Elementwise.wrapAndCast;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Multi-tensor and fused calls of the optimizers. On the CPU {@code _foreach_*} falls back to one
 * call per tensor; {@code _fused_*} allocates nothing.
 */
final class Foreach {
  private Foreach() {}

  static void register(Map<String, Rule> rules) {
    for (String name :
        List.of(
            "add_.Scalar", "mul_.Scalar", "div_.Scalar", "add_.ScalarList", "div_.ScalarList")) {
      rules.put("aten._foreach_" + name, Foreach::numberInPlace);
    }
    for (String name :
        List.of(
            "add_.List",
            "add_.Tensor",
            "lerp_.Scalar",
            "addcmul_.Scalar",
            "addcdiv_.Scalar",
            "addcdiv_.ScalarList")) {
      rules.put("aten._foreach_" + name, (p, a) -> List.of());
    }
    for (String name : List.of("sgd_", "adam_", "adamw_", "adagrad_")) {
      rules.put("aten._fused_" + name + ".default", (p, a) -> List.of());
    }
    rules.put("aten._foreach_sqrt.default", Foreach::sqrt);
    rules.put("aten._foreach_mul.Scalar", Foreach::multiply);
    rules.put("aten._foreach_mul.ScalarList", Foreach::multiply);
  }

  private static List<PaperTensor> numberInPlace(PaperEngine p, Args a) {
    for (PaperTensor t : a.tensors(0)) {
      wrapAndCast(p, t.type().dtype());
    }
    return List.of();
  }

  private static List<PaperTensor> sqrt(PaperEngine p, Args a) {
    List<PaperTensor> results = new ArrayList<>();
    for (PaperTensor t : a.tensors(0)) {
      results.add(p.empty(like(t)));
    }
    return results;
  }

  private static List<PaperTensor> multiply(PaperEngine p, Args a) {
    List<PaperTensor> results = new ArrayList<>();
    for (PaperTensor t : a.tensors(0)) {
      PaperTensor wrapped = p.empty(dev.headroom.tensor.DType.FLOAT64);
      PaperTensor cast = p.empty(t.type().dtype());
      results.add(p.empty(like(t)));
      p.release(cast);
      p.release(wrapped);
    }
    return results;
  }
}
