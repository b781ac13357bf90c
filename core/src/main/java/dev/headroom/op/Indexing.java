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

/** Reading and writing by index: the indices are kept, backward writes into zeros. */
final class Indexing {
  private Indexing() {}

  static void register(Registry ops) {
    ops.add("index_select(Tensor self, int dim, Tensor index)", Indexing::indexSelect);
    ops.add(
        "gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False)", Indexing::gather);
    ops.add("index.Tensor(Tensor self, Tensor?[] indices)", Indexing::index);
    ops.add("scatter.src(Tensor self, int dim, Tensor index, Tensor src)", Indexing::scatter);
    ops.add("scatter.value(Tensor self, int dim, Tensor index, Scalar value)", Indexing::scatter);
    ops.add(
        "scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value)", Indexing::scatter);
    ops.add("scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src)", Indexing::scatter);
    ops.add("scatter_add(Tensor self, int dim, Tensor index, Tensor src)", Indexing::scatterAdd);
    ops.add(
        "index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)",
        Indexing::indexAdd);
    ops.add(
        "copy_(Tensor(a!) self, Tensor src, bool non_blocking=False)",
        (p, a) -> List.of(copyInPlace(p, a.tensor(0), a.tensor(1))));
    ops.add(
        "index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False)",
        Indexing::putByMask);
    ops.add("one_hot(Tensor self, int num_classes=-1)", Indexing::oneHot);
  }

  private static PaperTensor zeros(PaperEngine e, TensorType like) {
    return e.empty(TensorType.of(like.dtype(), like.shape()));
  }

  private static List<PaperTensor> indexSelect(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    PaperTensor index = a.tensor(2);
    GradNode fn =
        p.record("IndexSelectBackward0", 1, (e, n, g) -> new PaperTensor[] {zeros(e, type)}, self);
    p.save(fn, index);
    List<Long> shape = new ArrayList<>(type.shape());
    shape.set(Layout.wrap(a.integer(1), type.rank()), index.type().elements());
    return List.of(p.attach(fn, p.empty(TensorType.of(type.dtype(), shape))));
  }

  /** Keeps its input too, of which backward reads the sizes. */
  private static List<PaperTensor> gather(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    GradNode fn =
        p.record("GatherBackward0", 1, (e, n, g) -> new PaperTensor[] {zeros(e, type)}, self);
    p.save(fn, a.tensor(2));
    p.save(fn, self);
    return List.of(p.attach(fn, p.empty(TensorType.of(type.dtype(), a.tensor(2).type().shape()))));
  }

  /**
   * {@code self[i, j, ...]} with tensors of integers. Indices broadcast; their dimensions come
   * where the indexed ones were if those are neighbours, else in front.
   */
  private static List<PaperTensor> index(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<@Nullable PaperTensor> indices = a.optionalTensors(1);
    List<Long> broadcast = List.of();
    int first = -1;
    int last = -1;
    int count = 0;
    for (int i = 0; i < indices.size(); i++) {
      PaperTensor index = indices.get(i);
      if (index != null) {
        if (index.type().dtype() == DType.BOOL) {
          throw new UnsupportedOperatorException(
              a.op(), "with a mask, whose result's size depends on its values");
        }
        broadcast = Layout.broadcast(broadcast, index.type().shape());
        first = first < 0 ? i : first;
        last = i;
        count++;
      }
    }
    boolean neighbours = last - first + 1 == count;
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < type.rank(); i++) {
      if (i >= indices.size() || indices.get(i) == null) {
        shape.add(type.size(i));
      }
    }
    shape.addAll(neighbours ? Math.max(first, 0) : 0, broadcast);
    GradNode fn =
        p.record("IndexBackward0", 1, (e, n, g) -> new PaperTensor[] {zeros(e, type)}, self);
    for (PaperTensor index : indices) {
      p.save(fn, index);
    }
    return List.of(p.attach(fn, p.empty(TensorType.of(type.dtype(), shape))));
  }

  /** Keeps the index; the overwritten input gets a copy of the gradient, the source a part. */
  private static List<PaperTensor> scatter(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor index = a.tensor(2);
    PaperTensor source = a.optionalTensor(3);
    GradNode fn =
        p.record(
            "ScatterBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor forSelf = n.needs(0) ? e.empty(Layout.like(grad)) : null;
              PaperTensor forSource =
                  n.needs(1)
                      ? e.empty(TensorType.of(grad.type().dtype(), n.saved(0).type().shape()))
                      : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            source);
    p.save(fn, index);
    return List.of(
        a.op().startsWith("aten.scatter_.")
            ? p.rewrite(fn, self)
            : p.attach(fn, p.empty(Layout.like(self))));
  }

  private static List<PaperTensor> scatterAdd(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    GradNode fn =
        p.record(
            "ScatterAddBackward0",
            1,
            (e, n, g) -> {
              PaperTensor grad = given(g);
              PaperTensor forSelf = n.needs(0) ? e.retain(grad) : null;
              PaperTensor forSource =
                  n.needs(1)
                      ? e.empty(TensorType.of(grad.type().dtype(), n.saved(0).type().shape()))
                      : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            a.tensor(3));
    p.save(fn, a.tensor(2));
    return List.of(p.attach(fn, p.empty(Layout.like(self))));
  }

  private static List<PaperTensor> indexAdd(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    PaperTensor source = a.tensor(3);
    GradNode fn =
        p.record(
            "IndexAddBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forSelf = n.needs(0) ? e.retain(given(g)) : null;
              PaperTensor forSource = n.needs(1) ? zeros(e, n.saved(1).type()) : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            source);
    p.save(fn, a.tensor(2));
    p.save(fn, source);
    return List.of(p.attach(fn, p.empty(Layout.like(self))));
  }

  /** What was there before gets zeros, the source the gradient. */
  static PaperTensor copyInPlace(PaperEngine p, PaperTensor self, PaperTensor source) {
    GradNode fn =
        p.record(
            "CopyBackwards",
            1,
            (e, n, g) -> {
              PaperTensor forSelf = n.needs(0) ? e.empty(Layout.like(given(g))) : null;
              PaperTensor forSource = n.needs(1) ? e.retain(given(g)) : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            source);
    return p.rewrite(fn, self);
  }

  /**
   * {@code self[mask] = number}: a masked fill; backward fills a copy of the gradient with zeros.
   */
  private static List<PaperTensor> putByMask(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    List<@Nullable PaperTensor> indices = a.optionalTensors(1);
    PaperTensor mask = indices.getFirst();
    PaperTensor value = a.tensor(2);
    if (indices.size() != 1
        || mask == null
        || mask.type().dtype() != DType.BOOL
        || value.type().elements() != 1
        || value.requiresGrad()
        || a.bool(3)) {
      throw new UnsupportedOperatorException(
          a.op(), "with anything but one mask and one constant number");
    }
    TensorType number = value.type();
    GradNode fn =
        p.record(
            "IndexPutBackward0",
            1,
            (e, n, g) -> {
              PaperTensor zero = e.empty(number);
              PaperTensor result = e.empty(Layout.like(given(g)));
              e.release(zero);
              return new @Nullable PaperTensor[] {result, null};
            },
            self,
            value);
    p.save(fn, mask);
    return List.of(p.rewrite(fn, self));
  }

  /** The smallest and the largest index are looked at first. */
  private static List<PaperTensor> oneHot(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    long classes = a.integer(1);
    if (classes <= 0) {
      throw new UnsupportedOperatorException(
          a.op(), "without num_classes, since its size would depend on the values");
    }
    p.release(p.empty(DType.INT64));
    p.release(p.empty(DType.INT64));
    List<Long> shape = new ArrayList<>(self.type().shape());
    shape.add(classes);
    return List.of(p.empty(TensorType.of(DType.INT64, shape)));
  }
}
