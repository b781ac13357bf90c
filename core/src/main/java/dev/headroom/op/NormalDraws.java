package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Normal draws around means, or with deviations, of their own ({@code
 * aten/src/ATen/native/DistributionTemplates.h}). Keeps nothing; gradients are zeros.
 */
final class NormalDraws {
  private NormalDraws() {}

  static void register(Registry ops) {
    String generator = ", *, Generator? generator=None)";
    ops.add("normal.Tensor_float(Tensor mean, float std=1" + generator, NormalDraws::draw);
    ops.add("normal.float_Tensor(float mean, Tensor std" + generator, NormalDraws::draw);
    ops.add("normal.Tensor_Tensor(Tensor mean, Tensor std" + generator, NormalDraws::draw);
  }

  private static List<PaperTensor> draw(PaperEngine p, Args a) {
    @Nullable PaperTensor mean = a.optionalTensor(0);
    @Nullable PaperTensor deviation = a.optionalTensor(1);
    GradNode fn =
        p.record(
            "NormalBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[2];
              out[0] = zeros(e, n.needs(0) ? mean : null);
              out[1] = zeros(e, n.needs(1) ? deviation : null);
              return out;
            },
            mean,
            deviation);
    check(p, deviation);
    PaperTensor first = mean == null ? a.tensor(1) : mean;
    List<Long> shape = first.type().shape();
    if (deviation != null) {
      shape = Layout.broadcast(shape, deviation.type().shape());
    }
    PaperTensor result = p.empty(TensorType.of(first.type().dtype(), shape));
    check(p, deviation);
    // What is a number stands for a tensor whose size alone is looked at.
    if (mean == null) {
      p.release(p.empty(first.type().dtype()));
    } else if (deviation == null) {
      p.release(p.empty(Layout.contiguous(mean.type())));
    }
    return List.of(p.attach(fn, result));
  }

  private static @Nullable PaperTensor zeros(PaperEngine e, @Nullable PaperTensor like) {
    return like == null ? null : e.empty(TensorType.of(like.type().dtype(), like.type().shape()));
  }

  /** {@code std.min() >= 0}, looked at twice. */
  private static void check(PaperEngine p, @Nullable PaperTensor deviation) {
    if (deviation != null) {
      DType dtype = deviation.type().dtype();
      Formula f = new Formula(p);
      f.compare(f.scalarTensor(dtype), 0L);
      f.end();
    }
  }
}
