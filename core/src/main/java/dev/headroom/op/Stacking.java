package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Joining along dimensions that are added where they are missing, and broadcasting of many. */
final class Stacking {
  private Stacking() {}

  static void register(Registry ops) {
    ops.add("vstack(Tensor[] tensors)", (p, a) -> List.of(join(p, a.tensors(0), 2, 0)));
    ops.add("row_stack(Tensor[] tensors)", (p, a) -> List.of(join(p, a.tensors(0), 2, 0)));
    ops.add("dstack(Tensor[] tensors)", (p, a) -> List.of(join(p, a.tensors(0), 3, 2)));
    ops.add("column_stack(Tensor[] tensors)", (p, a) -> List.of(columns(p, a.tensors(0))));
    ops.add("broadcast_tensors(Tensor[] tensors)", Stacking::broadcast);
    ops.add(
        "clip(Tensor self, Scalar? min=None, Scalar? max=None)",
        (p, a) ->
            List.of(
                p.call(
                        "aten.clamp.default",
                        a.tensor(0),
                        a.has(1) ? a.value(1) : null,
                        a.has(2) ? a.value(2) : null)
                    .getFirst()));
    ops.add(
        "clip_(Tensor(a!) self, Scalar? min=None, Scalar? max=None)",
        (p, a) ->
            p.call(
                "aten.clamp_.default",
                a.tensor(0),
                a.has(1) ? a.value(1) : null,
                a.has(2) ? a.value(2) : null));
    ops.add("ravel(Tensor self)", (p, a) -> List.of(ravel(p, a.tensor(0))));
    ops.add(
        "fliplr(Tensor self)",
        (p, a) -> List.of(p.call("aten.flip.default", a.tensor(0), List.of(1L)).getFirst()));
    ops.add(
        "flipud(Tensor self)",
        (p, a) -> List.of(p.call("aten.flip.default", a.tensor(0), List.of(0L)).getFirst()));
    ops.add("take_along_dim(Tensor self, Tensor indices, int? dim=None)", Stacking::takeAlongDim);
    ops.add("cartesian_prod(Tensor[] tensors)", Stacking::pairs);
    for (String name : List.of("hsplit", "vsplit", "dsplit")) {
      ops.add(name + ".int(Tensor self, int sections)", Stacking::split);
      ops.add(name + ".array(Tensor self, int[] indices)", Stacking::split);
    }
    ops.add("diff(Tensor self, int n=1, int dim=-1)", Stacking::differences);
  }

  /** {@code tensor_split} along the dimension that the name stands for. */
  private static List<PaperTensor> split(PaperEngine p, Args a) {
    boolean sections = a.op().endsWith(".int");
    char kind = a.op().charAt("aten.".length());
    long dim = kind == 'v' ? 0 : kind == 'd' ? 2 : a.tensor(0).type().rank() == 1 ? 0 : 1;
    return p.call(
        sections ? "aten.tensor_split.sections" : "aten.tensor_split.indices",
        a.tensor(0),
        a.value(1),
        dim);
  }

  /** Grids of all vectors, each made a column. */
  private static List<PaperTensor> pairs(PaperEngine p, Args a) {
    if (a.tensors(0).size() == 1) {
      return List.of(Views.alias(p, a.tensors(0).getFirst()));
    }
    Formula f = new Formula(p);
    List<PaperTensor> columns = new ArrayList<>();
    for (PaperTensor grid : f.calls("aten.meshgrid.default", a.tensors(0))) {
      columns.add(f.call("aten.flatten.using_ints", grid, 0L, -1L));
    }
    return List.of(f.value(f.call("aten.stack.default", columns, 1L)));
  }

  /** {@code atleast_2d} or {@code atleast_3d} of each, then {@code cat}. */
  private static PaperTensor join(PaperEngine p, List<PaperTensor> given, int rank, long dim) {
    Formula f = new Formula(p);
    List<PaperTensor> parts = new ArrayList<>();
    for (PaperTensor tensor : given) {
      PaperTensor part = tensor;
      while (part.type().rank() < rank) {
        // A row in front; what has two dimensions gets its third behind.
        part = f.keep(Views.unsqueeze(p, part, part.type().rank() == 2 ? 2 : 0));
      }
      parts.add(part);
    }
    return f.value(f.keep(Joining.cat(p, parts, dim)));
  }

  private static PaperTensor columns(PaperEngine p, List<PaperTensor> given) {
    Formula f = new Formula(p);
    List<PaperTensor> parts = new ArrayList<>();
    for (PaperTensor tensor : given) {
      parts.add(
          tensor.type().rank() > 1
              ? tensor
              : f.keep(Views.reshape(p, tensor, List.of(tensor.type().elements(), 1L))));
    }
    return f.value(f.keep(Joining.cat(p, parts, 1)));
  }

  private static List<PaperTensor> broadcast(PaperEngine p, Args a) {
    List<Long> shape = List.of();
    for (PaperTensor tensor : a.tensors(0)) {
      shape = Layout.broadcast(shape, tensor.type().shape());
    }
    List<PaperTensor> out = new ArrayList<>();
    for (PaperTensor tensor : a.tensors(0)) {
      out.add(Views.expand(p, tensor, shape));
    }
    return out;
  }

  private static PaperTensor ravel(PaperEngine p, PaperTensor self) {
    Formula f = new Formula(p);
    PaperTensor dense = f.keep(Views.contiguous(p, self));
    return f.value(f.keep(Views.view(p, dense, List.of(-1L))));
  }

  /** {@code gather} of what both broadcast to, but for the dimension itself. */
  private static List<PaperTensor> takeAlongDim(PaperEngine p, Args a) {
    Formula f = new Formula(p);
    PaperTensor self = a.tensor(0);
    PaperTensor indices = a.tensor(1);
    if (!a.has(2)) {
      PaperTensor flat = f.keep(Views.view(p, self, List.of(-1L)));
      PaperTensor flatIndices = f.keep(Views.view(p, indices, List.of(-1L)));
      return List.of(f.value(f.call("aten.gather.default", flat, 0L, flatIndices)));
    }
    int dim = Layout.wrap(a.integer(2), self.type().rank());
    List<Long> own = self.type().shape();
    List<Long> picked = indices.type().shape();
    PaperTensor wide =
        f.keep(Views.expand(p, self, Layout.broadcast(own, with(picked, dim, own.get(dim)))));
    PaperTensor wideIndices =
        f.keep(Views.expand(p, indices, Layout.broadcast(with(own, dim, picked.get(dim)), picked)));
    // Indices from the end are counted from the front.
    PaperTensor counted = f.call("aten.remainder.Scalar", wideIndices, own.get(dim));
    return List.of(f.value(f.call("aten.gather.default", wide, (long) dim, counted)));
  }

  private static List<Long> with(List<Long> shape, int dim, long size) {
    List<Long> out = new ArrayList<>(shape);
    out.set(dim, size);
    return out;
  }

  /** {@code x[1:] - x[:-1]}. */
  private static List<PaperTensor> differences(PaperEngine p, Args a) {
    if (a.integer(1) != 1) {
      throw new UnsupportedOperatorException(a.op(), "of a higher order than the first");
    }
    Formula f = new Formula(p);
    PaperTensor self = a.tensor(0);
    int dim = Layout.wrap(a.integer(2), self.type().rank());
    TensorType type = self.type();
    PaperTensor before = f.keep(Views.narrow(p, self, dim, type.size(dim) - 1));
    PaperTensor after = f.keep(Views.narrow(p, self, dim, type.size(dim) - 1));
    return List.of(f.value(f.call("aten.sub.Tensor", after, before)));
  }
}
