package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.op.Unary.Keep;
import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The activations of torch.nn whose backward is one kernel of the gradient and what was kept. In
 * place they keep their result where the formula can use it ({@code elu_}, {@code leaky_relu_}),
 * else they clone their input first ({@code silu_}, {@code hardswish_}).
 */
final class Activations {
  private Activations() {}

  static void register(Registry ops) {
    cloning(ops, "silu", "");
    cloning(ops, "mish", "");
    cloning(ops, "hardswish", "");
    cloning(ops, "hardsigmoid", "");
    keepingResult(ops, "elu", ", Scalar alpha=1, Scalar scale=1, Scalar input_scale=1");
    keepingResult(ops, "selu", "");
    keepingResult(ops, "celu", ", Scalar alpha=1.0");
    String slope = ", Scalar negative_slope=0.01";
    ops.add("leaky_relu(Tensor self" + slope + ")", Activations::keepSelfFirst);
    ops.add(
        "leaky_relu_(Tensor(a!) self" + slope + ")",
        (p, a) -> List.of(Unary.applyInPlace(p, a, Keep.RESULT, Activations::keptFirst)));
    String limits = ", Scalar threshold, Scalar value";
    ops.add("threshold(Tensor self" + limits + ")", Activations::keepSelfFirst);
    ops.add(
        "threshold_(Tensor(a!) self" + limits + ")",
        (p, a) -> List.of(Unary.applyInPlace(p, a, Keep.SELF, Activations::keptFirst)));
    ops.add("relu(Tensor self)", (p, a) -> List.of(relu(p, a.tensor(0))));
    ops.add(
        "relu_(Tensor(a!) self)",
        (p, a) -> List.of(Unary.applyInPlace(p, a, Keep.RESULT, Activations::keptFirst)));
    ops.add("gelu(Tensor self, *, str approximate='none')", Activations::gelu);
    ops.add("relu6(Tensor self)", Activations::keepSelf);
    ops.add(
        "relu6_(Tensor(a!) self)",
        (p, a) -> List.of(Unary.applyInPlace(p, a, Keep.SELF, Formula::binary)));
    ops.add("softplus(Tensor self, Scalar beta=1, Scalar threshold=20)", Activations::keepSelf);
    ops.add("softshrink(Tensor self, Scalar lambd=0.5)", Activations::keepSelf);
    ops.add("hardshrink(Tensor self, Scalar lambd=0.5)", Activations::keepSelf);
    ops.add("log_sigmoid(Tensor self)", Activations::logSigmoid);
    ops.add("glu(Tensor self, int dim=-1)", Activations::glu);
    ops.add("prelu(Tensor self, Tensor weight)", Activations::prelu);
    ops.add(
        "rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.3333333333333333,"
            + " bool training=False, Generator? generator=None)",
        Activations::rrelu);
    ops.add(
        "rrelu_(Tensor(a!) self, Scalar lower=0.125, Scalar upper=0.3333333333333333,"
            + " bool training=False, Generator? generator=None)",
        Activations::rreluInPlace);
  }

  private static void cloning(Registry ops, String name, String options) {
    ops.add(name + "(Tensor self" + options + ")", Activations::keepSelf);
    ops.add(
        name + "_(Tensor(a!) self" + options + ")",
        (p, a) -> List.of(Unary.applyInPlace(p, a, Keep.SELF, Formula::binary)));
  }

  private static void keepingResult(Registry ops, String name, String options) {
    ops.add(name + "(Tensor self" + options + ")", Activations::keepSelf);
    ops.add(
        name + "_(Tensor(a!) self" + options + ")",
        (p, a) -> List.of(Unary.applyInPlace(p, a, Keep.RESULT, Formula::binary)));
  }

  private static List<PaperTensor> keepSelf(PaperEngine p, Args a) {
    return List.of(Unary.apply(p, a, Keep.SELF, Formula::binary));
  }

  /** {@code relu} for rules that are composed of it. */
  static PaperTensor relu(PaperEngine p, PaperTensor self) {
    return Unary.apply(p, "aten.relu.default", self, Keep.RESULT, Activations::keptFirst);
  }

  private static List<PaperTensor> keepSelfFirst(PaperEngine p, Args a) {
    return List.of(Unary.apply(p, a, Keep.SELF, Activations::keptFirst));
  }

  /**
   * Keeps its input. oneDNN's backward wants a contiguous gradient and copies any other; so it does
   * with what it writes to, which has the gradient's strides.
   */
  private static List<PaperTensor> gelu(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    boolean exact = !a.value(1).toString().contains("tanh");
    boolean onednn =
        exact
            && p.backend().onednn()
            && self.type().isContiguous()
            && (self.type().dtype() == DType.FLOAT32
                || (self.type().dtype() == DType.BFLOAT16 && p.backend().onednnBf16()))
            && self.type().elements() > 1;
    return List.of(
        Unary.apply(
            p,
            a,
            Keep.SELF,
            (f, grad, kept) -> {
              PaperTensor result = f.binary(grad, kept);
              if (onednn) {
                f.contiguous(grad);
                f.contiguous(result);
              }
              return result;
            }));
  }

  /** Kernels that take what was kept before the gradient: its strides decide. */
  private static PaperTensor keptFirst(Formula f, PaperTensor grad, PaperTensor kept) {
    return f.binary(kept, grad);
  }

  /** Keeps the input and, on the CPU, a buffer as large, which dies at once if not needed. */
  private static List<PaperTensor> logSigmoid(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "LogSigmoidBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.like(given(g)))};
            },
            self);
    p.save(fn, self);
    if (p.backend().isCuda()) {
      return List.of(p.attach(fn, p.empty(Layout.like(self))));
    }
    PaperTensor result = p.empty(Layout.contiguous(self.type()));
    PaperTensor buffer = p.empty(Layout.contiguous(self.type()));
    if (!self.type().isContiguous()) {
      p.release(p.empty(Layout.contiguous(self.type())));
    }
    p.save(fn, buffer);
    p.release(buffer);
    return List.of(p.attach(fn, result));
  }

  /** The first half times the sigmoid of the second; backward fills one gradient of full size. */
  private static List<PaperTensor> glu(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    int dim = Layout.wrap(a.integer(1), self.type().rank());
    long size = self.type().size(dim);
    if (size % 2 != 0) {
      throw new IllegalArgumentException(
          "aten.glu.default: dimension " + dim + " of " + self + " must be even");
    }
    GradNode fn =
        p.record(
            "GluBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(Layout.contiguous(n.saved(0).type()))},
            self);
    p.save(fn, self);
    PaperTensor result =
        p.empty(
            Layout.pointwise(
                self.type().dtype(),
                Layout.with(self.type(), dim, size / 2, self.type().strides().get(dim))));
    return List.of(p.attach(fn, result));
  }

  /** The weight is seen with the input's rank; both gradients come out as large as the input. */
  private static List<PaperTensor> prelu(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor given = a.tensor(1);
    int rank = self.type().rank();
    PaperTensor weight = p.retain(given);
    if (given.type().rank() != rank) {
      Long[] shape = new Long[rank];
      java.util.Arrays.fill(shape, 1L);
      if (rank > 1) {
        shape[1] = given.type().elements();
      }
      p.release(weight);
      weight = Views.view(p, given, List.of(shape));
    }
    GradNode fn =
        p.record(
            "PreluKernelBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor forSelf =
                  e.empty(
                      Layout.pointwise(
                          grad.type().dtype(), n.saved(0).type(), n.saved(1).type(), grad.type()));
              PaperTensor forWeight = e.empty(forSelf.type());
              return new PaperTensor[] {
                n.needs(0) ? forSelf : drop(e, forSelf), n.needs(1) ? forWeight : drop(e, forWeight)
              };
            },
            self,
            weight);
    p.save(fn, self);
    p.save(fn, weight);
    PaperTensor result =
        Pointwise.compute(p, self.type().dtype(), self.type().dtype(), self, weight);
    p.release(weight);
    return List.of(p.attach(fn, result));
  }

  private static @Nullable PaperTensor drop(PaperEngine p, PaperTensor tensor) {
    p.release(tensor);
    return null;
  }

  /**
   * The slope of validation is computed with 0-dimensional tensors: {@code (lower + upper) / 2}.
   */
  private static void averageSlope(PaperEngine p) {
    List<PaperTensor> scalars = new java.util.ArrayList<>();
    for (int i = 0; i < 6; i++) {
      scalars.add(p.empty(dev.headroom.tensor.DType.FLOAT64));
    }
    scalars.reversed().forEach(p::release);
  }

  /** Training keeps the noise that multiplied the input; otherwise it is a leaky relu. */
  private static List<PaperTensor> rrelu(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor noise = p.empty(Layout.contiguous(self.type()));
    GradNode fn =
        p.record(
            "RreluWithNoiseBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.binary(given(g), n.saved(0)))};
            },
            self);
    p.save(fn, self);
    PaperTensor result = p.empty(Layout.contiguous(self.type()));
    if (!a.bool(3) && !p.backend().isCuda()) {
      averageSlope(p);
    }
    p.save(fn, noise);
    p.release(noise);
    return List.of(p.attach(fn, result));
  }

  private static List<PaperTensor> rreluInPlace(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor noise = p.empty(Layout.contiguous(self.type()));
    GradNode fn =
        p.record(
            "RreluWithNoiseBackward1",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.binary(given(g), n.saved(0)))};
            },
            self);
    if (!a.bool(3) && !p.backend().isCuda()) {
      averageSlope(p);
    }
    p.save(fn, self);
    p.save(fn, noise);
    p.release(noise);
    return List.of(p.rewrite(fn, self));
  }
}
