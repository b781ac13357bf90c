package dev.headroom.op;

import static dev.headroom.op.Elementwise.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products. {@code linear} on a 2-dimensional input with bias is {@code addmm(bias, input,
 * weight.t())}: it saves the input and the weight; backward makes the input's gradient, the
 * weight's (laid out so that its transpose is contiguous), then the bias's by a sum over the batch.
 */
final class Linear {
  private Linear() {}

  static void register(Registry ops) {
    ops.add("linear(Tensor input, Tensor weight, Tensor? bias=None)", Linear::linear);
  }

  private static List<PaperTensor> linear(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    PaperTensor weight = a.tensor(1);
    PaperTensor bias = a.tensor(2);
    if (input.type().rank() != 2) {
      throw new IllegalArgumentException(
          "aten.linear.default: input is " + input + ", expected two dimensions");
    }
    if (input.type().size(1) != weight.type().size(1)) {
      throw new IllegalArgumentException(
          "aten.linear.default: input is "
              + input
              + ", weight is "
              + weight
              + ": the input has "
              + input.type().size(1)
              + " features, the weight expects "
              + weight.type().size(1));
    }
    PaperTensor transposed = transpose(p, weight);
    PaperTensor result = addmm(p, bias, input, transposed);
    p.release(transposed);
    return List.of(result);
  }

  /** {@code t()}: a view; its backward is a view of the gradient. */
  private static PaperTensor transpose(PaperEngine p, PaperTensor t) {
    GradNode fn =
        p.record(
            "TBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              return new PaperTensor[] {e.alias(grad, grad.type().transpose(0, 1))};
            },
            t);
    return p.attach(fn, p.alias(t, t.type().transpose(0, 1)));
  }

  private static PaperTensor addmm(
      PaperEngine p, PaperTensor bias, PaperTensor mat1, PaperTensor mat2) {
    boolean saveMat1 = p.records(mat2);
    boolean saveMat2 = p.records(mat1);
    TensorType mat1Type = mat1.type();
    TensorType mat2Type = mat2.type();
    TensorType biasType = bias.type();
    GradNode fn =
        p.record(
            "AddmmBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              @Nullable PaperTensor forMat1 = n.needs(1) ? e.empty(mat1Type) : null;
              @Nullable PaperTensor forMat2 = n.needs(2) ? e.empty(mat2Type) : null;
              @Nullable PaperTensor forBias =
                  n.needs(0) ? e.empty(TensorType.of(grad.type().dtype(), biasType.shape())) : null;
              return new PaperTensor[] {forBias, forMat1, forMat2};
            },
            bias,
            mat1,
            mat2);
    PaperTensor result = p.empty(mat1Type.dtype(), mat1Type.size(0), mat2Type.size(1));
    if (saveMat1) {
      p.save(fn, mat1);
    }
    if (saveMat2) {
      p.save(fn, mat2);
    }
    return p.attach(fn, result);
  }
}
