package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Joining copies and keeps nothing; its gradients are views. Splitting is views; its gradients are
 * joined, with zeros for parts that nobody used.
 */
final class Joining {
  private Joining() {}

  static void register(Registry ops) {
    ops.add(
        "cat(Tensor[] tensors, int dim=0)", (p, a) -> List.of(cat(p, a.tensors(0), a.integer(1))));
    ops.add(
        "stack(Tensor[] tensors, int dim=0)",
        (p, a) -> List.of(stack(p, a.tensors(0), a.integer(1))));
    ops.add(
        "split.Tensor(Tensor self, SymInt split_size, int dim=0)",
        (p, a) -> split(p, a.tensor(0), a.integer(1), a.integer(2), "SplitBackward0", true));
    ops.add(
        "unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0)",
        (p, a) -> split(p, a.tensor(0), a.integer(1), a.integer(2), "UnsafeSplitBackward0", false));
    ops.add(
        "split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0)", Joining::splitWithSizes);
    ops.add(
        "tensor_split.sections(Tensor(a) self, SymInt sections, int dim=0)", Joining::tensorSplit);
    ops.add(
        "tensor_split.indices(Tensor(a) self, SymInt[] indices, int dim=0)",
        Joining::splitAtIndices);
    ops.add("chunk(Tensor self, int chunks, int dim=0)", Joining::chunk);
    ops.add("unbind.int(Tensor self, int dim=0)", (p, a) -> unbind(p, a.tensor(0), a.integer(1)));
  }

  static PaperTensor cat(PaperEngine p, List<PaperTensor> given, long dimension) {
    // Old networks join with an empty vector: it counts for nothing.
    List<PaperTensor> tensors =
        given.stream().filter(t -> !t.type().shape().equals(List.of(0L))).toList();
    if (tensors.isEmpty()) {
      return p.empty(given.getFirst().type());
    }
    TensorType first = tensors.getFirst().type();
    int dim = Layout.wrap(dimension, first.rank());
    DType dtype = Promotion.common(tensors.toArray(new PaperTensor[0]));
    long total = 0;
    long[] sizes = new long[tensors.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = tensors.get(i).type().size(dim);
      total += sizes[i];
    }
    List<Long> shape = new ArrayList<>(first.shape());
    shape.set(dim, total);
    GradNode fn =
        p.record(
            "CatBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[sizes.length];
              for (int i = 0; i < sizes.length; i++) {
                out[i] = n.needs(i) ? Views.narrow(e, given(g), dim, sizes[i]) : null;
              }
              return out;
            },
            tensors.toArray(new PaperTensor[0]));
    PaperTensor result = p.empty(Formats.of(dtype, shape, format(tensors)));
    for (PaperTensor tensor : tensors) {
      if (tensor.type().dtype() != dtype && !p.backend().isCuda()) {
        p.release(p.empty(Layout.contiguous(tensor.type())));
      }
    }
    return p.attach(fn, result);
  }

  /** Images that all lie channels last are joined so. */
  private static MemoryFormat format(List<PaperTensor> tensors) {
    MemoryFormat format = Formats.suggest(tensors.getFirst().type());
    for (PaperTensor tensor : tensors) {
      if (Formats.suggest(tensor.type()) != format) {
        return MemoryFormat.CONTIGUOUS;
      }
    }
    return format;
  }

  static PaperTensor stack(PaperEngine p, List<PaperTensor> tensors, long dimension) {
    TensorType first = tensors.getFirst().type();
    int dim = Layout.wrap(dimension, first.rank() + 1);
    List<Long> shape = new ArrayList<>(first.shape());
    shape.add(dim, (long) tensors.size());
    GradNode fn =
        p.record(
            "StackBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[n.inputs()];
              for (int i = 0; i < out.length; i++) {
                out[i] = n.needs(i) ? e.view(given(g), Layout.without(given(g).type(), dim)) : null;
              }
              return out;
            },
            tensors.toArray(new PaperTensor[0]));
    return p.attach(fn, p.empty(TensorType.of(first.dtype(), shape)));
  }

  static List<PaperTensor> split(
      PaperEngine p, PaperTensor self, long size, long dimension, String backward, boolean views) {
    int dim = Layout.wrap(dimension, self.type().rank());
    List<Long> sizes = new ArrayList<>();
    long left = self.type().size(dim);
    if (left == 0) {
      sizes.add(0L);
    }
    for (; left > 0; left -= size) {
      sizes.add(Math.min(size, left));
    }
    return parts(p, self, sizes, dim, backward, views);
  }

  static List<PaperTensor> splitWithSizes(PaperEngine p, Args a) {
    int dim = Layout.wrap(a.integer(2), a.tensor(0).type().rank());
    return parts(p, a.tensor(0), a.integers(1), dim, "SplitWithSizesBackward0", true);
  }

  private static List<PaperTensor> chunk(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    int dim = Layout.wrap(a.integer(2), self.type().rank());
    long chunks = a.integer(1);
    long size = Math.ceilDiv(self.type().size(dim), chunks);
    return split(p, self, size, dim, "SplitBackward0", true);
  }

  private static List<PaperTensor> parts(
      PaperEngine p, PaperTensor self, List<Long> sizes, int dim, String backward, boolean views) {
    TensorType in = self.type();
    GradNode fn =
        p.record(
            backward,
            sizes.size(),
            (e, n, g) -> new PaperTensor[] {joined(e, g, in, sizes, dim)},
            self);
    List<PaperTensor> out = new ArrayList<>(sizes.size());
    for (int i = 0; i < sizes.size(); i++) {
      TensorType part = Layout.with(in, dim, sizes.get(i), in.strides().get(dim));
      out.add(p.attach(fn, views ? p.view(self, part) : p.alias(self, part), i));
    }
    return out;
  }

  private static PaperTensor joined(
      PaperEngine p, @Nullable PaperTensor[] grads, TensorType in, List<Long> sizes, int dim) {
    DType dtype = defined(grads).type().dtype();
    List<PaperTensor> zeros = new ArrayList<>();
    for (int i = 0; i < grads.length; i++) {
      if (grads[i] == null) {
        List<Long> shape = new ArrayList<>(in.shape());
        shape.set(dim, sizes.get(i));
        zeros.add(p.empty(TensorType.of(dtype, shape)));
      }
    }
    return joined(p, in, dtype, zeros);
  }

  private static PaperTensor joined(
      PaperEngine p, TensorType in, DType dtype, List<PaperTensor> zeros) {
    PaperTensor result = p.empty(TensorType.of(dtype, in.shape()));
    zeros.forEach(p::release);
    return result;
  }

  /** Parts that nobody used are one zero each, expanded. */
  private static PaperTensor stacked(PaperEngine p, @Nullable PaperTensor[] grads, TensorType in) {
    DType dtype = defined(grads).type().dtype();
    List<PaperTensor> zeros = new ArrayList<>();
    for (PaperTensor grad : grads) {
      if (grad == null) {
        zeros.add(p.empty(TensorType.of(dtype)));
      }
    }
    return joined(p, in, dtype, zeros);
  }

  private static PaperTensor defined(@Nullable PaperTensor[] grads) {
    for (PaperTensor grad : grads) {
      if (grad != null) {
        return grad;
      }
    }
    return given(grads);
  }

  static List<PaperTensor> unbind(PaperEngine p, PaperTensor self, long dimension) {
    TensorType in = self.type();
    int dim = Layout.wrap(dimension, in.rank());
    TensorType part = Layout.without(in, dim);
    int count = Math.toIntExact(in.size(dim));
    GradNode fn =
        p.record(
            "UnbindBackward0", count, (e, n, g) -> new PaperTensor[] {stacked(e, g, in)}, self);
    List<PaperTensor> out = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      out.add(p.attach(fn, p.view(self, part), i));
    }
    return out;
  }

  /** Slices between the indices; one beyond the end cuts nothing off. */
  private static List<PaperTensor> splitAtIndices(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    int dim = Layout.wrap(a.integer(2), self.type().rank());
    long size = self.type().size(dim);
    List<PaperTensor> out = new ArrayList<>();
    long start = 0;
    List<Long> ends = new ArrayList<>(a.integers(1));
    ends.add(size);
    for (long given : ends) {
      long end = Math.clamp(given < 0 ? given + size : given, 0, size);
      out.add(Views.narrow(p, self, dim, Math.max(0, end - start)));
      start = end;
    }
    return out;
  }

  private static List<PaperTensor> tensorSplit(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    long sections = a.integer(1);
    int dim = Layout.wrap(a.integer(2), self.type().rank());
    long size = self.type().size(dim);
    List<PaperTensor> out = new ArrayList<>();
    for (long i = 0; i < sections; i++) {
      long length = size / sections + (i < size % sections ? 1 : 0);
      out.add(Views.narrow(p, self, dim, length));
    }
    return out;
  }
}
