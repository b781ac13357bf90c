package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;

/** Memory formats of images: row-major, or channels last ({@code c10/core/MemoryFormat.h}). */
final class Formats {
  /** Dimensions of a row-major image from the innermost to the outermost, channels put first. */
  private static final int[] LAST_2D = {1, 3, 2, 0};

  private static final int[] LAST_3D = {1, 4, 3, 2, 0};

  private Formats() {}

  /** {@code suggest_memory_format}: what the strides look like. */
  static MemoryFormat suggest(TensorType type) {
    if (type.rank() == 4 && looksChannelsLast(type, LAST_2D)) {
      return MemoryFormat.CHANNELS_LAST;
    }
    if (type.rank() == 5 && looksChannelsLast(type, LAST_3D)) {
      return MemoryFormat.CHANNELS_LAST_3D;
    }
    return MemoryFormat.CONTIGUOUS;
  }

  private static boolean looksChannelsLast(TensorType type, int[] order) {
    long least = 0;
    if (type.strides().get(1) == 0) {
      return false;
    }
    for (int dim : order) {
      long stride = type.strides().get(dim);
      long size = type.size(dim);
      if (size == 0 || stride < least) {
        return false;
      }
      // Ambiguous strides count as row-major.
      if (dim == 0 && least == type.strides().get(1)) {
        return false;
      }
      least = size > 1 ? stride * size : stride;
    }
    return true;
  }

  /** A dense tensor in a format. */
  static TensorType of(DType dtype, List<Long> shape, MemoryFormat format) {
    if (format == MemoryFormat.CONTIGUOUS || format == MemoryFormat.PRESERVE) {
      return TensorType.of(dtype, shape);
    }
    Long[] strides = new Long[shape.size()];
    long step = 1;
    for (int dim : format == MemoryFormat.CHANNELS_LAST ? LAST_2D : LAST_3D) {
      strides[dim] = step;
      step = Math.multiplyExact(step, Math.max(1, shape.get(dim)));
    }
    return new TensorType(dtype, shape, List.of(strides));
  }

  /** Whether the elements lie in a format without gaps. */
  static boolean isContiguous(TensorType type, MemoryFormat format) {
    TensorType wanted = of(type.dtype(), type.shape(), format);
    for (int i = 0; i < type.rank(); i++) {
      if (type.size(i) > 1 && !type.strides().get(i).equals(wanted.strides().get(i))) {
        return false;
      }
    }
    return true;
  }

  /** {@code contiguous(format)} without history: the tensor itself or a copy, owned. */
  static PaperTensor contiguous(PaperEngine p, PaperTensor tensor, MemoryFormat format) {
    return isContiguous(tensor.type(), format)
        ? p.retain(tensor)
        : p.empty(of(tensor.type().dtype(), tensor.type().shape(), format));
  }
}
