package dev.headroom.op;

import static dev.headroom.op.Elementwise.like;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Multi-tensor and fused calls of the optimizers. On the CPU {@code _foreach_*} falls back to one
 * call per tensor; {@code _fused_*} allocates nothing.
 */
final class Foreach {
  private Foreach() {}

  static void register(Registry ops) {
    for (String name : List.of("add_", "mul_", "div_")) {
      ops.add("_foreach_" + name + ".Scalar(Tensor[] self, Scalar scalar)", Foreach::numberInPlace);
      ops.add(
          "_foreach_" + name + ".ScalarList(Tensor[] self, Scalar[] scalars)",
          Foreach::numberInPlace);
    }
    Rule nothing = (p, a) -> List.of();
    ops.add("_foreach_add_.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1)", nothing);
    ops.add("_foreach_add_.Tensor(Tensor[] self, Tensor other, *, Scalar alpha=1)", nothing);
    ops.add("_foreach_lerp_.Scalar(Tensor[] self, Tensor[] tensors1, Scalar weight)", nothing);
    for (String name : List.of("_foreach_addcmul_", "_foreach_addcdiv_")) {
      String tensors = "(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, ";
      ops.add(name + ".Scalar" + tensors + "Scalar value=1)", nothing);
      ops.add(name + ".ScalarList" + tensors + "Scalar[] scalars)", nothing);
    }
    ops.add("_foreach_sqrt(Tensor[] self)", Foreach::likeEach);
    ops.add(
        "_foreach_add.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1)", Foreach::likeEach);
    ops.add("_foreach_reciprocal(Tensor[] self)", Foreach::likeEach);
    ops.add("_foreach_clamp_max.Scalar(Tensor[] self, Scalar scalar)", Foreach::likeEach);
    ops.add("_foreach_mul_.Tensor(Tensor[] self, Tensor other)", nothing);
    ops.add(
        "_foreach_norm.Scalar(Tensor[] self, Scalar ord=2, ScalarType? dtype=None)",
        Foreach::norms);
    ops.add("_foreach_mul.Scalar(Tensor[] self, Scalar scalar)", Foreach::multiply);
    ops.add("_foreach_mul.ScalarList(Tensor[] self, Scalar[] scalars)", Foreach::multiply);
    fused(ops, nothing);
  }

  private static void fused(Registry ops, Rule nothing) {
    String found = "Tensor? grad_scale=None, Tensor? found_inf=None";
    ops.add(
        "_fused_sgd_(Tensor[] self, Tensor[] grads, Tensor[] momentum_buffer_list, *, float"
            + " weight_decay, float momentum, float lr, float dampening, bool nesterov, bool"
            + " maximize, bool is_first_step, "
            + found
            + ")",
        nothing);
    for (String name : List.of("_fused_adam_", "_fused_adamw_")) {
      ops.add(
          name
              + "(Tensor[] self, Tensor[] grads, Tensor[] exp_avgs, Tensor[] exp_avg_sqs, Tensor[]"
              + " max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2,"
              + " float weight_decay, float eps, bool amsgrad, bool maximize, "
              + found
              + ")",
          nothing);
    }
    ops.add(
        "_fused_adagrad_(Tensor[] self, Tensor[] grads, Tensor[] state_sums, Tensor[] state_steps,"
            + " *, float lr, float lr_decay, float weight_decay, float eps, bool maximize, "
            + found
            + ")",
        nothing);
  }

  private static List<PaperTensor> numberInPlace(PaperEngine p, Args a) {
    for (PaperTensor t : a.tensors(0)) {
      PaperTensor number = p.wrap(1.0);
      Pointwise.inPlace(p, t.type().dtype(), t, number);
      p.release(number);
    }
    return List.of();
  }

  private static List<PaperTensor> norms(PaperEngine p, Args a) {
    List<PaperTensor> results = new ArrayList<>();
    for (PaperTensor t : a.tensors(0)) {
      results.add(p.empty(TensorType.of(t.type().dtype(), List.of())));
    }
    return results;
  }

  private static List<PaperTensor> likeEach(PaperEngine p, Args a) {
    List<PaperTensor> results = new ArrayList<>();
    for (PaperTensor t : a.tensors(0)) {
      results.add(p.empty(like(t)));
    }
    return results;
  }

  private static List<PaperTensor> multiply(PaperEngine p, Args a) {
    List<PaperTensor> results = new ArrayList<>();
    for (PaperTensor t : a.tensors(0)) {
      results.add(Arithmetic.scaled(p, t, 1.0));
    }
    return results;
  }
}
