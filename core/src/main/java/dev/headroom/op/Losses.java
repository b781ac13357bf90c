package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Losses of torch.nn.functional over class indices; those over values are in {@link Distances}. */
final class Losses {
  private static final long NO_REDUCTION = 0;

  private Losses() {}

  static void register(Registry ops) {
    ops.add(
        "cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean,"
            + " SymInt ignore_index=-100, float label_smoothing=0.0)",
        Losses::crossEntropy);
    ops.add(
        "nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean, SymInt"
            + " ignore_index=-100)",
        (p, a) -> {
          check(a, a.tensor(0).type(), a.tensor(1).type());
          return List.of(nllLoss(p, a.tensor(0), a.tensor(1), a.optionalTensor(2), a.integer(3)));
        });
    ops.add(
        "log_softmax.int(Tensor self, int dim, ScalarType? dtype=None)",
        (p, a) -> List.of(softmax(p, "LogSoftmaxBackward0", a)));
    ops.add(
        "softmax.int(Tensor self, int dim, ScalarType? dtype=None)",
        (p, a) -> List.of(softmax(p, "SoftmaxBackward0", a)));
  }

  /** {@code cross_entropy} with class indices: log_softmax over dimension 1, then nll_loss. */
  private static List<PaperTensor> crossEntropy(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    PaperTensor target = a.tensor(1);
    PaperTensor weight = a.optionalTensor(2);
    boolean probabilities =
        target.type().dtype().isFloating() && target.type().shape().equals(input.type().shape());
    if (!probabilities) {
      check(a, input.type(), target.type());
    }
    PaperTensor logProbabilities = softmax(p, "LogSoftmaxBackward0", input);
    PaperTensor loss;
    if (probabilities) {
      loss =
          LabelSmoothing.ofProbabilities(
              p, logProbabilities, target, weight, a.integer(3), a.number(5));
    } else if (a.number(5) == 0) {
      loss = nllLoss(p, logProbabilities, target, weight, a.integer(3));
    } else {
      loss =
          LabelSmoothing.loss(
              p, logProbabilities, target, weight, a.integer(3), a.integer(4), a.number(5));
    }
    p.release(logProbabilities);
    return List.of(loss);
  }

  private static void check(Args a, TensorType input, TensorType target) {
    boolean classes =
        !target.dtype().isFloating()
            && target.rank() == input.rank() - 1
            && (input.rank() == 1
                || (target.size(0) == input.size(0)
                    && target
                        .shape()
                        .subList(1, target.rank())
                        .equals(input.shape().subList(2, input.rank()))));
    if (!classes) {
      throw new IllegalArgumentException(
          a.op()
              + ": input is "
              + input
              + " and target "
              + target
              + ", expected (batch, classes, ...) and class indices (batch, ...)");
    }
  }

  private static PaperTensor softmax(PaperEngine p, String backward, Args a) {
    DType dtype = a.dtype(2);
    PaperTensor input = Copies.to(p, a.tensor(0), dtype, false);
    PaperTensor result = softmax(p, backward, input);
    p.release(input);
    return result;
  }

  /** Keeps its result; computes on a contiguous copy where the input is not. */
  static PaperTensor softmax(PaperEngine p, String backward, PaperTensor self) {
    GradNode fn =
        p.record(
            backward,
            1,
            (e, n, g) -> {
              TensorType grad = given(g).type();
              PaperTensor dense = grad.isContiguous() ? null : e.empty(Layout.contiguous(grad));
              PaperTensor result = e.empty(Layout.contiguous(grad));
              if (backward.startsWith("Softmax") && e.backend().isCuda()) {
                // The CUDA kernel starts from grad * output.
                e.releaseIfAny(e.scratch(grad.dtype(), grad.elements()));
              }
              e.releaseIfAny(dense);
              return new PaperTensor[] {result};
            },
            self);
    TensorType type = self.type();
    PaperTensor result = p.empty(Layout.contiguous(type));
    if (!type.isContiguous()) {
      p.release(p.empty(Layout.contiguous(type)));
    }
    p.save(fn, result);
    return p.attach(fn, result);
  }

  /** {@code nll_loss_nd}: four dimensions have a kernel of their own, others are viewed as such. */
  static PaperTensor nllLoss(
      PaperEngine p,
      PaperTensor self,
      PaperTensor target,
      @Nullable PaperTensor weight,
      long reduction) {
    // Autocast sees nll_loss too where the loss around it has no policy of its own.
    PaperTensor cast = p.underAutocast("aten.nll_loss.default", self);
    PaperTensor loss = castNllLoss(p, cast, target, weight, reduction);
    p.release(cast);
    return loss;
  }

  private static PaperTensor castNllLoss(
      PaperEngine p,
      PaperTensor self,
      PaperTensor target,
      @Nullable PaperTensor weight,
      long reduction) {
    int rank = self.type().rank();
    if (rank <= 2) {
      return nllLoss(p, "NllLossBackward0", self, target, weight, reduction);
    }
    if (rank == 4) {
      return nllLoss(p, "NllLoss2DBackward0", self, target, weight, reduction);
    }
    TensorType type = self.type();
    PaperTensor dense = Views.contiguous(p, self);
    PaperTensor input = Views.view(p, dense, List.of(type.size(0), type.size(1), 1L, -1L));
    PaperTensor denseTarget = Views.contiguous(p, target);
    PaperTensor flat = Views.view(p, denseTarget, List.of(type.size(0), 1L, -1L));
    PaperTensor loss = nllLoss(p, "NllLoss2DBackward0", input, flat, weight, reduction);
    p.release(flat);
    p.release(denseTarget);
    p.release(input);
    p.release(dense);
    if (reduction == NO_REDUCTION) {
      PaperTensor shaped = Views.view(p, loss, target.type().shape());
      p.release(loss);
      return shaped;
    }
    return loss;
  }

  /** Makes the loss and the total weight, and keeps the latter with its inputs. */
  private static PaperTensor nllLoss(
      PaperEngine p,
      String backward,
      PaperTensor self,
      PaperTensor target,
      @Nullable PaperTensor weight,
      long reduction) {
    TensorType in = self.type();
    GradNode fn =
        p.record(
            backward, 1, (e, n, g) -> new PaperTensor[] {e.empty(Layout.contiguous(in))}, self);
    p.save(fn, self);
    p.save(fn, target);
    p.save(fn, weight);
    // The kernel of images gives the result its size when all else is there.
    boolean late = reduction == NO_REDUCTION && backward.startsWith("NllLoss2D");
    PaperTensor early = late ? null : p.empty(lossType(in, target, reduction));
    PaperTensor totalWeight = p.empty(in.dtype());
    PaperTensor loss = early == null ? p.empty(lossType(in, target, reduction)) : early;
    p.save(fn, totalWeight);
    p.release(totalWeight);
    return p.attach(fn, loss);
  }

  private static TensorType lossType(TensorType in, PaperTensor target, long reduction) {
    return reduction == NO_REDUCTION
        ? TensorType.of(in.dtype(), target.type().shape())
        : TensorType.of(in.dtype());
  }
}
