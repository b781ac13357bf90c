package dev.headroom.op;

import static dev.headroom.op.Elementwise.given;
import static dev.headroom.op.Elementwise.like;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

/** Losses of torch.nn.functional. */
final class Loss {
  private Loss() {}

  static void register(Registry ops) {
    ops.add(
        "cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean,"
            + " SymInt ignore_index=-100, float label_smoothing=0.0)",
        Loss::crossEntropy);
  }

  /** {@code cross_entropy} with class indices and mean: log_softmax, then nll_loss. */
  private static List<PaperTensor> crossEntropy(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    PaperTensor target = a.tensor(1);
    if (input.type().rank() != 2 || target.type().rank() != 1) {
      throw new IllegalArgumentException(
          "aten.cross_entropy_loss.default: input is "
              + input
              + " and target "
              + target
              + ", expected (batch, classes) and (batch)");
    }
    PaperTensor logProbabilities = logSoftmax(p, input);
    PaperTensor loss = nllLoss(p, logProbabilities, target);
    p.release(logProbabilities);
    return List.of(loss);
  }

  /** {@code log_softmax} saves its result; backward makes one gradient. */
  private static PaperTensor logSoftmax(PaperEngine p, PaperTensor self) {
    GradNode fn =
        p.record(
            "LogSoftmaxBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(like(given(g)))},
            self);
    PaperTensor result = p.empty(like(self));
    p.save(fn, result);
    return p.attach(fn, result);
  }

  /** {@code nll_loss} makes the loss and the total weight, and keeps the latter with its inputs. */
  private static PaperTensor nllLoss(PaperEngine p, PaperTensor self, PaperTensor target) {
    GradNode fn =
        p.record(
            "NllLossBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(like(n.saved(0)))},
            self);
    PaperTensor loss = p.empty(self.type().dtype());
    PaperTensor totalWeight = p.empty(self.type().dtype());
    p.save(fn, self);
    p.save(fn, target);
    p.save(fn, totalWeight);
    p.release(totalWeight);
    return p.attach(fn, loss);
  }
}
