package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rolling, flipping, repeating, triangles, and views by other names. */
final class Rearranging {
  private Rearranging() {}

  static void register(Registry ops) {
    ops.add("roll(Tensor self, SymInt[1] shifts, int[1] dims=[])", Rearranging::rollRule);
    ops.add(
        "flip(Tensor self, int[] dims)",
        (p, a) -> List.of(same(p, "FlipBackward0", a.tensor(0), false)));
    for (String name : List.of("tril", "triu")) {
      ops.add(
          name + "(Tensor self, SymInt diagonal=0)",
          (p, a) -> List.of(same(p, "TrilBackward0", a.tensor(0), true)));
      ops.add(
          name + "_(Tensor(a!) self, SymInt diagonal=0)",
          (p, a) ->
              List.of(p.rewrite(samePlaces(p, "TrilBackward0", a.tensor(0), true), a.tensor(0))));
    }
    ops.add(
        "repeat(Tensor self, SymInt[] repeats)",
        (p, a) -> List.of(repeat(p, a.tensor(0), a.integers(1))));
    ops.add("tile(Tensor self, SymInt[] dims)", Rearranging::tile);
    ops.add(
        "repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt?"
            + " output_size=None)",
        Rearranging::repeatInterleave);
    ops.add("numpy_T(Tensor self)", Rearranging::reversed);
    for (String name : List.of("mT", "mH", "matrix_H", "adjoint")) {
      // Of real matrices a conjugate is nothing more.
      ops.add(name + "(Tensor self)", Rearranging::turned);
    }
    for (String name : List.of("swapaxes", "swapdims")) {
      String names = name.equals("swapaxes") ? "int axis0, int axis1" : "int dim0, int dim1";
      ops.add(
          name + "(Tensor self, " + names + ")",
          (p, a) -> List.of(Views.transpose(p, a.tensor(0), a.integer(1), a.integer(2))));
    }
    for (String overload : List.of("int", "intlist")) {
      String type = overload.equals("int") ? "int" : "int[]";
      for (String name : List.of("movedim", "moveaxis")) {
        ops.add(
            name + "." + overload + "(Tensor self, " + type + " source, " + type + " destination)",
            Rearranging::moveDims);
      }
    }
    ops.add(
        "broadcast_to(Tensor self, SymInt[] size)",
        (p, a) -> List.of(Views.expand(p, a.tensor(0), a.integers(1))));
    ops.add("unfold(Tensor(a) self, int dimension, int size, int step)", Rearranging::unfold);
    ops.add(
        "diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1)", Rearranging::diagonal);
    ops.add("meshgrid.indexing(Tensor[] tensors, *, str indexing)", Rearranging::meshgrid);
    ops.add("meshgrid(Tensor[] tensors)", Rearranging::meshgrid);
    ops.add(
        "hstack(Tensor[] tensors)",
        (p, a) ->
            List.of(
                Joining.cat(p, a.tensors(0), a.tensors(0).getFirst().type().rank() == 1 ? 0 : 1)));
    ops.add(
        "concat(Tensor[] tensors, int dim=0)",
        (p, a) -> List.of(Joining.cat(p, a.tensors(0), a.integer(1))));
    ops.add(
        "split.sizes(Tensor(a) self, SymInt[] split_size, int dim=0)",
        (p, a) -> Joining.splitWithSizes(p, a));
  }

  /** A result as large as the input whose gradient goes the same way back. */
  private static PaperTensor same(
      PaperEngine p, String backward, PaperTensor self, boolean rowMajor) {
    GradNode fn = samePlaces(p, backward, self, rowMajor);
    return p.attach(fn, p.empty(likeOrRows(self, rowMajor)));
  }

  private static @Nullable GradNode samePlaces(
      PaperEngine p, String backward, PaperTensor self, boolean rowMajor) {
    return p.record(
        backward,
        1,
        (e, n, g) -> new PaperTensor[] {e.empty(likeOrRows(given(g), rowMajor))},
        self);
  }

  private static TensorType likeOrRows(PaperTensor t, boolean rowMajor) {
    return rowMajor ? Layout.contiguous(t.type()) : Layout.like(t);
  }

  /** Over several dimensions one after the other; backward rolls back, dimension by dimension. */
  private static List<PaperTensor> rollRule(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    int steps = Math.max(1, a.integers(2).size());
    GradNode fn =
        p.record(
            "RollBackward0", 1, (e, n, g) -> new PaperTensor[] {rolled(e, given(g), steps)}, self);
    return List.of(p.attach(fn, rolled(p, self, steps)));
  }

  private static PaperTensor rolled(PaperEngine p, PaperTensor self, int steps) {
    TensorType type = TensorType.of(self.type().dtype(), self.type().shape());
    PaperTensor result = p.empty(type);
    for (int i = 1; i < steps; i++) {
      PaperTensor next = p.empty(type);
      p.release(result);
      result = next;
    }
    return result;
  }

  /** Sizes are worked out with small tensors of integers. */
  static PaperTensor repeat(PaperEngine p, PaperTensor self, List<Long> repeats) {
    TensorType in = self.type();
    int rank = repeats.size();
    List<Long> padded = new ArrayList<>(Collections.nCopies(rank - in.rank(), 1L));
    padded.addAll(in.shape());
    List<Long> shape = new ArrayList<>();
    List<Long> blocks = new ArrayList<>();
    List<Long> over = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      shape.add(repeats.get(i) * padded.get(i));
      blocks.add(repeats.get(i));
      over.add((long) blocks.size() - 1);
      blocks.add(padded.get(i));
    }
    GradNode fn =
        p.record(
            "RepeatBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              PaperTensor wide = f.keep(Views.reshape(e, given(g), blocks));
              PaperTensor sum = f.sum(wide, over, false);
              return new PaperTensor[] {f.value(f.keep(Views.reshape(e, sum, in.shape())))};
            },
            self);
    PaperTensor result = p.empty(TensorType.of(in.dtype(), shape));
    if (!p.backend().isCuda() && rank > 0) {
      PaperTensor first = p.empty(DType.INT64, rank);
      PaperTensor one = p.empty(DType.INT64);
      PaperTensor second = p.empty(DType.INT64, rank);
      p.release(one);
      PaperTensor both = p.empty(DType.INT64, 2L * rank);
      p.release(second);
      p.release(first);
      p.release(both);
    }
    return p.attach(fn, result);
  }

  private static List<PaperTensor> tile(PaperEngine p, Args a) {
    List<Long> dims = new ArrayList<>(a.integers(1));
    while (dims.size() < a.tensor(0).type().rank()) {
      dims.addFirst(1L);
    }
    return List.of(repeat(p, a.tensor(0), dims));
  }

  /** {@code unsqueeze}, {@code expand}, a copy, {@code flatten}. */
  private static List<PaperTensor> repeatInterleave(PaperEngine p, Args a) {
    PaperTensor self = a.has(2) ? p.retain(a.tensor(0)) : Views.flatten(p, a.tensor(0), 0, -1);
    int dim = a.has(2) ? Layout.wrap(a.integer(2), self.type().rank()) : 0;
    PaperTensor column = Views.unsqueeze(p, self, dim + 1L);
    p.release(self);
    List<Long> shape = new ArrayList<>(column.type().shape());
    shape.set(dim + 1, a.integer(1));
    PaperTensor wide = Views.expand(p, column, shape);
    p.release(column);
    PaperTensor copy = Copies.clone(p, wide, TensorType.of(wide.type().dtype(), shape));
    p.release(wide);
    PaperTensor result = Views.flatten(p, copy, dim, dim + 1L);
    p.release(copy);
    return List.of(result);
  }

  private static List<PaperTensor> turned(PaperEngine p, Args a) {
    if (ComplexNumbers.is(a.tensor(0).type())) {
      throw new UnsupportedOperatorException(a.op(), "of complex numbers");
    }
    return List.of(Views.transpose(p, a.tensor(0), -2, -1));
  }

  private static List<PaperTensor> reversed(PaperEngine p, Args a) {
    List<Long> order = new ArrayList<>();
    for (int i = a.tensor(0).type().rank() - 1; i >= 0; i--) {
      order.add((long) i);
    }
    return List.of(Views.permute(p, a.tensor(0), order));
  }

  private static List<PaperTensor> moveDims(PaperEngine p, Args a) {
    int rank = a.tensor(0).type().rank();
    List<Integer> from = a.integers(1).stream().map(d -> Layout.wrap(d, rank)).toList();
    List<Integer> to = a.integers(2).stream().map(d -> Layout.wrap(d, rank)).toList();
    Long[] order = new Long[rank];
    for (int i = 0; i < from.size(); i++) {
      order[to.get(i)] = (long) from.get(i);
    }
    int next = 0;
    for (int i = 0; i < rank; i++) {
      if (order[i] == null) {
        while (from.contains(next)) {
          next++;
        }
        order[i] = (long) next++;
      }
    }
    return List.of(Views.permute(p, a.tensor(0), List.of(order)));
  }

  private static List<PaperTensor> unfold(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    int dim = Layout.wrap(a.integer(1), type.rank());
    long size = a.integer(2);
    long step = a.integer(3);
    List<Long> shape = new ArrayList<>(type.shape());
    List<Long> strides = new ArrayList<>(type.strides());
    shape.set(dim, (type.size(dim) - size) / step + 1);
    shape.add(size);
    strides.add(strides.get(dim));
    strides.set(dim, strides.get(dim) * step);
    TensorType whole = TensorType.of(type.dtype(), type.shape());
    // Where windows overlap, backward adds up place by place, over the places that
    // are in a window, numbered.
    long numbered = step < size ? (shape.get(dim) - 1) * step + size : 0;
    return List.of(
        Views.make(
            p,
            "UnfoldBackward0",
            a.tensor(0),
            new TensorType(type.dtype(), shape, strides),
            (e, n, g) -> {
              PaperTensor result = e.empty(whole);
              e.releaseIfAny(e.scratch(DType.INT64, numbered));
              return new PaperTensor[] {result};
            }));
  }

  private static List<PaperTensor> diagonal(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    long offset = a.integer(1);
    int first = Layout.wrap(a.integer(2), type.rank());
    int second = Layout.wrap(a.integer(3), type.rank());
    long length =
        Math.max(
            0,
            Math.min(
                type.size(first) + Math.min(0, offset), type.size(second) - Math.max(0, offset)));
    TensorType rest =
        Layout.without(Layout.without(type, Math.max(first, second)), Math.min(first, second));
    List<Long> shape = new ArrayList<>(rest.shape());
    List<Long> strides = new ArrayList<>(rest.strides());
    shape.add(length);
    strides.add(type.strides().get(first) + type.strides().get(second));
    return List.of(part(p, a.tensor(0), new TensorType(type.dtype(), shape, strides)));
  }

  /** A view of some elements; backward writes into zeros of the whole shape. */
  private static PaperTensor part(PaperEngine p, PaperTensor self, TensorType type) {
    TensorType whole = TensorType.of(self.type().dtype(), self.type().shape());
    return Views.make(
        p, "PartBackward0", self, type, (e, n, g) -> new PaperTensor[] {e.empty(whole)});
  }

  private static List<PaperTensor> meshgrid(PaperEngine p, Args a) {
    List<PaperTensor> axes = a.tensors(0);
    boolean swapped = a.has(1) && a.value(1).equals("xy") && axes.size() >= 2;
    int n = axes.size();
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      shape.add(axes.get(position(i, swapped)).type().elements());
    }
    List<PaperTensor> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      List<Long> view = new ArrayList<>(Collections.nCopies(n, 1L));
      int at = position(i, swapped);
      view.set(at, axes.get(i).type().elements());
      PaperTensor line = Views.view(p, axes.get(i), view);
      out.add(Views.expand(p, line, shape));
      p.release(line);
    }
    return out;
  }

  private static int position(int axis, boolean swapped) {
    return swapped && axis < 2 ? 1 - axis : axis;
  }
}
