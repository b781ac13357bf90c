package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writing by index: {@code x[i] = v} and its like ({@code TensorAdvancedIndexing.cpp}). Indices are
 * kept; what was there before gets the gradient with zeros in those places, what was written gets
 * the gradient from there.
 */
final class IndexWriting {
  private IndexWriting() {}

  static void register(Registry ops) {
    String indexed = "Tensor?[] indices, Tensor values, bool accumulate=False)";
    ops.add("index_put_(Tensor(a!) self, " + indexed, (p, a) -> List.of(put(p, a, true)));
    ops.add("index_put(Tensor self, " + indexed, (p, a) -> List.of(put(p, a, false)));
    String along = "Tensor self, int dim, Tensor index, ";
    for (String place : List.of("", "_")) {
      ops.add("index_copy" + place + "(" + along + "Tensor source)", (p, a) -> List.of(copy(p, a)));
      ops.add(
          "index_fill" + place + ".int_Scalar(" + along + "Scalar value)",
          (p, a) -> List.of(fill(p, a)));
    }
  }

  private static PaperTensor put(PaperEngine p, Args a, boolean inPlace) {
    PaperTensor self = a.tensor(0);
    List<@Nullable PaperTensor> indices = a.optionalTensors(1);
    PaperTensor values = a.tensor(2);
    boolean accumulates = a.bool(3);
    TensorType written = values.type();
    boolean fills = isMaskedFill(indices, values, accumulates);
    GradNode fn =
        p.record(
            "IndexPutBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor forSelf = null;
              if (n.needs(0) && accumulates) {
                forSelf = e.retain(grad);
              } else if (n.needs(0)) {
                PaperTensor zeros = e.empty(TensorType.of(written.dtype(), written.shape()));
                forSelf = e.empty(Layout.like(grad));
                if (!fills) {
                  places(e, indices).forEach(e::release);
                }
                e.release(zeros);
              }
              PaperTensor forValues = null;
              if (n.needs(1)) {
                List<PaperTensor> places = places(e, indices);
                forValues = e.empty(Indexed.of(e, grad.type(), indices).type());
                places.reversed().forEach(e::release);
              }
              return new @Nullable PaperTensor[] {forSelf, forValues};
            },
            self,
            values);
    for (PaperTensor index : indices) {
      p.save(fn, index);
    }
    PaperTensor result = inPlace ? p.rewrite(fn, self) : p.empty(Layout.like(self));
    if (!fills) {
      List<PaperTensor> places = places(p, indices);
      if (accumulates) {
        sorted(p, indices);
      }
      places.forEach(p::release);
    }
    return inPlace ? result : p.attach(fn, result);
  }

  /**
   * Adding where several indices may name one place: CUDA sorts the places first ({@code
   * index_put_with_sort_kernel}). The sort's own scratch is left out.
   */
  static void sorted(PaperEngine p, List<@Nullable PaperTensor> indices) {
    if (!p.backend().isCuda()) {
      return;
    }
    List<Long> shape = List.of();
    for (PaperTensor index : indices) {
      if (index != null) {
        boolean mask = index.type().dtype() == DType.BOOL;
        shape =
            Layout.broadcast(shape, mask ? List.of(index.type().elements()) : index.type().shape());
      }
    }
    long count = TensorType.of(DType.INT64, shape).elements();
    PaperTensor linear = p.scratch(DType.INT64, count);
    PaperTensor order = p.scratch(DType.INT64, count);
    PaperTensor inOrder = p.scratch(DType.INT64, count);
    p.releaseIfAny(p.scratch(DType.INT64, count));
    p.releaseIfAny(inOrder);
    p.releaseIfAny(order);
    p.releaseIfAny(linear);
  }

  /** One mask and one number: {@code masked_fill_}, which needs no list of places. */
  private static boolean isMaskedFill(
      List<@Nullable PaperTensor> indices, PaperTensor values, boolean accumulates) {
    return !accumulates
        && values.type().elements() == 1
        && indices.stream().filter(i -> i != null).count() == 1
        && indices.stream().allMatch(i -> i == null || i.type().dtype() == DType.BOOL);
  }

  /** A mask is turned into lists of places, which the caller drops. */
  static List<PaperTensor> places(PaperEngine p, List<@Nullable PaperTensor> indices) {
    List<PaperTensor> made = new ArrayList<>();
    for (PaperTensor index : indices) {
      if (index != null && index.type().dtype() == DType.BOOL) {
        made.add(Indexed.places(p, index));
      }
    }
    return made;
  }

  /** Keeps the source too, whose sizes are looked at. */
  private static PaperTensor copy(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor source = a.tensor(3);
    GradNode fn =
        p.record(
            "IndexCopyBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forSelf = n.needs(0) ? e.empty(Layout.like(given(g))) : null;
              TensorType part = n.saved(1).type();
              PaperTensor forSource =
                  n.needs(1) ? e.empty(TensorType.of(part.dtype(), part.shape())) : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            source);
    p.save(fn, a.tensor(2));
    p.save(fn, source);
    return Indexing.written(p, a, fn, self);
  }

  private static PaperTensor fill(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "IndexFillBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(Layout.like(given(g)))},
            self);
    p.save(fn, a.tensor(2));
    return Indexing.written(p, a, fn, self);
  }
}
