package dev.headroom.op;

import dev.headroom.op.Convolution.Shape;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A grouped convolution on a kernel that knows no groups ({@code at::native::_convolution}, {@code
 * convolution_backward}): one group after the other on copies of its channels, and at the end
 * everything is joined.
 *
 * @param inner what convolves each group
 * @param groups how many there are
 */
record GroupByGroup(PlainConvolution inner, int groups) {
  /** Forward on tensors without gaps. */
  PaperTensor forward(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    List<PaperTensor> parts = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      PaperTensor channels = part(p, in, 1);
      TensorType result = Formats.of(out.dtype(), share(out, 1).shape(), inner.format());
      parts.add(inner.compute(p, channels.type(), share(weight, 0), hasBias, result, s));
      p.release(channels);
    }
    PaperTensor result = p.empty(out);
    parts.forEach(p::release);
    return result;
  }

  /** Backward on tensors without gaps but for the gradient; s is that of the whole. */
  @Nullable PaperTensor[] backward(
      PaperEngine p, TensorType grad, TensorType in, TensorType weight, Shape s, boolean[] needs) {
    List<@Nullable PaperTensor[]> parts = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      PaperTensor output = part(p, grad, 1);
      PaperTensor channels = part(p, in, 1);
      parts.add(
          inner.gradients(
              p, output.type(), channels.type(), share(weight, 0), s.ungrouped(), needs));
      p.release(channels);
      p.release(output);
    }
    MemoryFormat format = inner.format();
    @Nullable PaperTensor[] joined = {
      needs[0] ? p.empty(Formats.of(in.dtype(), in.shape(), format)) : null,
      needs[1] ? p.empty(Formats.of(in.dtype(), weight.shape(), format)) : null,
      needs[2] ? p.empty(in.dtype(), s.filters(weight)) : null
    };
    for (int i = 2; i >= 0; i--) {
      for (@Nullable PaperTensor[] part : parts) {
        p.releaseIfAny(part[i]);
      }
    }
    return joined;
  }

  /** A group's share of a dimension, seen in the whole. */
  private TensorType share(TensorType type, int dim) {
    return Layout.with(type, dim, type.size(dim) / groups, type.strides().get(dim));
  }

  /** The same without gaps. */
  private PaperTensor part(PaperEngine p, TensorType type, int dim) {
    return PlainConvolution.dense(p, share(type, dim), Formats.suggest(type));
  }
}
