package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of dropout beside the plain one ({@code aten/src/ATen/native/Dropout.cpp}): noise for
 * each element or each channel, scaled in place, is multiplied with the input and kept.
 */
final class Noise {
  private Noise() {}

  static void register(Registry ops) {
    String arguments = "(Tensor input, float p, bool train)";
    String inPlace = "_(Tensor(a!) self, float p, bool train)";
    ops.add("dropout" + inPlace, (p, a) -> drop(p, a, false, false));
    ops.add("feature_dropout" + arguments, (p, a) -> drop(p, a, true, false));
    ops.add("feature_dropout" + inPlace, (p, a) -> drop(p, a, true, false));
    ops.add("alpha_dropout" + arguments, (p, a) -> drop(p, a, false, true));
    ops.add("alpha_dropout" + inPlace, (p, a) -> drop(p, a, false, true));
    ops.add("feature_alpha_dropout" + arguments, (p, a) -> drop(p, a, true, true));
    ops.add("feature_alpha_dropout" + inPlace, (p, a) -> drop(p, a, true, true));
  }

  private static List<PaperTensor> drop(PaperEngine p, Args a, boolean feature, boolean alpha) {
    PaperTensor input = a.tensor(0);
    double probability = a.number(1);
    boolean inPlace = a.op().endsWith("_.default");
    if (probability == 0 || !a.bool(2) || input.type().elements() == 0) {
      return List.of(p.retain(input));
    }
    PaperTensor noise = p.empty(feature ? channels(input.type()) : Layout.like(input));
    @Nullable PaperTensor shift = null;
    if (alpha) {
      // b = noise.add(-1).mul_(alpha * a).add_(alpha * a * p); noise.mul_(a)
      Formula f = new Formula(p);
      shift = f.value(f.binary(noise, -1L));
      scale(p, shift);
      scale(p, shift);
    }
    scale(p, noise);
    PaperTensor result =
        inPlace ? Arithmetic.mulInPlace(p, input, noise) : Arithmetic.mul(p, input, noise);
    if (shift != null) {
      p.release(Arithmetic.addInPlace(p, result, shift, 1));
      p.release(shift);
    }
    p.release(noise);
    return List.of(result);
  }

  /** An in-place call with a number. */
  private static void scale(PaperEngine p, PaperTensor tensor) {
    PaperTensor number = p.wrap(1.0);
    Pointwise.inPlace(p, tensor.type().dtype(), tensor, number);
    p.release(number);
  }

  /** One value per sample and channel. */
  private static TensorType channels(TensorType in) {
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < in.rank(); i++) {
      shape.add(i < 2 ? in.size(i) : 1L);
    }
    return TensorType.of(in.dtype(), shape);
  }
}
