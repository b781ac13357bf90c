package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What TensorIterator does on every element-wise call: on the CPU operands of another type are
 * copied into the common one first, then the result is made, then the copies go. CUDA kernels cast
 * while they load.
 */
final class Pointwise {
  private Pointwise() {}

  /** The result of an out-of-place call. */
  static PaperTensor compute(PaperEngine p, DType common, DType result, PaperTensor... operands) {
    TensorType[] types = new TensorType[operands.length];
    @Nullable PaperTensor[] copies = copies(p, common, operands);
    for (int i = 0; i < operands.length; i++) {
      types[i] = operands[i].type();
    }
    PaperTensor out = p.empty(Layout.pointwise(result, types));
    drop(p, copies);
    return out;
  }

  /**
   * A call that writes to its first operand, or to a result that is there already: nothing but the
   * copies, of which what is written is one if it has another type.
   */
  static void inPlace(PaperEngine p, DType common, PaperTensor... operands) {
    TensorType written = operands[0].type();
    PaperTensor result =
        written.dtype() == common || p.backend().isCuda()
            ? null
            : p.empty(Layout.like(written).withDType(common));
    @Nullable PaperTensor[] copies = copies(p, common, operands);
    p.releaseIfAny(result);
    drop(p, copies);
  }

  private static @Nullable PaperTensor[] copies(
      PaperEngine p, DType common, PaperTensor[] operands) {
    @Nullable PaperTensor[] copies = new PaperTensor[operands.length];
    if (!p.backend().isCuda()) {
      for (int i = 0; i < operands.length; i++) {
        if (operands[i].type().dtype() != common) {
          copies[i] = p.empty(Layout.like(operands[i]).withDType(common));
        }
      }
    }
    return copies;
  }

  private static void drop(PaperEngine p, @Nullable PaperTensor[] copies) {
    for (int i = copies.length - 1; i >= 0; i--) {
      p.releaseIfAny(copies[i]);
    }
  }

  /** An operand that may be a Python number, which is wrapped; owned by the caller either way. */
  static PaperTensor operand(PaperEngine p, Args a, int index) {
    return a.isNumber(index) ? p.wrap(a.value(index)) : p.retain(a.tensor(index));
  }

  /** A rule of two operands, the second a tensor or a number, that has no gradient. */
  static List<PaperTensor> undifferentiated(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor other = operand(p, a, 1);
    DType common = Promotion.common(self, other);
    PaperTensor result = compute(p, common, common, self, other);
    p.release(other);
    return List.of(result);
  }
}
