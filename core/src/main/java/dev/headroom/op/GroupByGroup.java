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
 * A grouped convolution on the plain CPU kernels, which know no groups ({@code
 * at::native::_convolution}, {@code convolution_backward}): one group after the other on copies of
 * its channels, and at the end everything is joined.
 *
 * @param inner the kernel of each group
 * @param groups how many there are
 * @param format order in which the kernel reads images and filters
 */
record GroupByGroup(ConvolutionKernel inner, int groups, MemoryFormat format) {
  PaperTensor forward(
      PaperEngine p, TensorType in, TensorType weight, boolean hasBias, TensorType out, Shape s) {
    PaperTensor input = ordered(p, in);
    PaperTensor filters = ordered(p, weight);
    List<PaperTensor> parts = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      PaperTensor channels = part(p, input.type(), 1);
      TensorType kernel = share(filters.type(), 0);
      TensorType result = Formats.of(out.dtype(), share(out, 1).shape(), format);
      parts.add(inner.forward(p, channels.type(), kernel, hasBias, result, s));
      p.release(channels);
    }
    PaperTensor result = p.empty(out);
    parts.forEach(p::release);
    p.release(filters);
    p.release(input);
    return result;
  }

  @Nullable PaperTensor[] backward(
      PaperEngine p,
      TensorType grad,
      TensorType in,
      TensorType weight,
      long outputs,
      Shape s,
      boolean[] needs) {
    PaperTensor input = ordered(p, in);
    PaperTensor filters = ordered(p, weight);
    List<@Nullable PaperTensor[]> parts = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      PaperTensor output = part(p, grad, 1);
      PaperTensor channels = part(p, input.type(), 1);
      TensorType kernel = share(filters.type(), 0);
      parts.add(inner.backward(p, output, channels.type(), kernel, s, needs));
      p.release(channels);
      p.release(output);
    }
    @Nullable PaperTensor[] joined = {
      needs[0] ? p.empty(Formats.of(in.dtype(), in.shape(), format)) : null,
      needs[1] ? p.empty(Formats.of(in.dtype(), weight.shape(), format)) : null,
      needs[2] ? p.empty(in.dtype(), outputs) : null
    };
    for (int i = 2; i >= 0; i--) {
      for (@Nullable PaperTensor[] part : parts) {
        p.releaseIfAny(part[i]);
      }
    }
    p.release(filters);
    p.release(input);
    return joined;
  }

  /** The tensor itself, or a copy in the kernel's order. */
  private PaperTensor ordered(PaperEngine p, TensorType type) {
    return Formats.isContiguous(type, format)
        ? p.constant(type)
        : p.empty(Formats.of(type.dtype(), type.shape(), format));
  }

  /** A group's share of a dimension, seen in the whole. */
  private TensorType share(TensorType type, int dim) {
    return Layout.with(type, dim, type.size(dim) / groups, type.strides().get(dim));
  }

  /** The same without gaps, which takes a copy where there are some. */
  private PaperTensor part(PaperEngine p, TensorType type, int dim) {
    TensorType share = share(type, dim);
    MemoryFormat own = Formats.suggest(type);
    return Formats.isContiguous(share, own)
        ? p.constant(share)
        : p.empty(Formats.of(type.dtype(), share.shape(), own));
  }
}
