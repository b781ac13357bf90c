package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws of classes by their weights ({@code aten/src/ATen/native/Distributions.cpp}), without a
 * gradient: weights are divided by noise, and the largest are taken.
 */
final class Multinomial {
  private Multinomial() {}

  static void register(Registry ops) {
    ops.add(
        "multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator?"
            + " generator=None)",
        Multinomial::draw);
  }

  private static List<PaperTensor> draw(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    long samples = a.integer(1);
    List<Long> shape = new ArrayList<>(type.shape());
    shape.set(type.rank() - 1, samples);
    PaperTensor result = p.empty(TensorType.of(DType.INT64, shape));
    if (a.bool(2) && samples > 1) {
      if (p.backend().isCuda()) {
        throw new UnsupportedOperatorException(a.op(), "with replacement on CUDA");
      }
      // Weights summed up to each class.
      p.release(p.empty(type.dtype(), type.size(type.rank() - 1)));
      return List.of(result);
    }
    PaperTensor valid = valid(p, self);
    PaperTensor zero = zeroSums(p, self);
    p.release(p.empty(DType.BOOL));
    PaperTensor weighted = p.empty(Layout.like(self));
    if (samples > 1) {
      p.release(p.empty(TensorType.of(type.dtype(), shape)));
    }
    p.release(weighted);
    p.release(zero);
    p.release(valid);
    return List.of(result);
  }

  /** {@code (self.max() < infinity) & (self.min() >= 0)}. */
  private static PaperTensor valid(PaperEngine p, PaperTensor self) {
    Formula f = new Formula(p);
    PaperTensor below = f.compare(f.scalarTensor(self.type().dtype()), Double.POSITIVE_INFINITY);
    PaperTensor notNegative = f.compare(f.scalarTensor(self.type().dtype()), 0L);
    return f.value(f.compare(below, notNegative));
  }

  /** Whether the weights of any row are all 0. */
  private static PaperTensor zeroSums(PaperEngine p, PaperTensor self) {
    TensorType type = self.type();
    Formula f = new Formula(p);
    if (type.rank() == 1) {
      return f.value(f.compare(f.scalarTensor(type.dtype()), 0L));
    }
    f.compare(f.keep(p.empty(type.dtype(), type.size(0))), 0L);
    return f.value(f.scalarTensor(DType.BOOL));
  }
}
