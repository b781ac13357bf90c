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
    ops.add("take(Tensor self, Tensor index)", Indexing::take);
    ops.add("index.Tensor(Tensor self, Tensor?[] indices)", Indexing::index);
    ops.add("scatter.src(Tensor self, int dim, Tensor index, Tensor src)", Indexing::scatter);
    ops.add("scatter.value(Tensor self, int dim, Tensor index, Scalar value)", Indexing::scatter);
    ops.add(
        "scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value)", Indexing::scatter);
    ops.add("scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src)", Indexing::scatter);
    for (String self : List.of("(Tensor self", "_(Tensor(a!) self")) {
      ops.add("scatter_add" + self + ", int dim, Tensor index, Tensor src)", Indexing::scatterAdd);
      ops.add(
          "index_add" + self + ", int dim, Tensor index, Tensor source, *, Scalar alpha=1)",
          Indexing::indexAdd);
    }
    ops.add(
        "copy_(Tensor(a!) self, Tensor src, bool non_blocking=False)",
        (p, a) -> List.of(copyInPlace(p, a.tensor(0), a.tensor(1))));
    ops.add("one_hot(Tensor self, int num_classes=-1)", Indexing::oneHot);
  }

  /** The result of writing into a tensor: the tensor itself in place, or a copy. */
  static PaperTensor written(PaperEngine p, Args a, @Nullable GradNode fn, PaperTensor self) {
    return inPlace(a.op()) ? p.rewrite(fn, self) : p.attach(fn, p.empty(Layout.like(self)));
  }

  /** Whether an overload is of an operator that writes into its first argument. */
  static boolean inPlace(String op) {
    return op.contains("_.");
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

  /** By places in the input as if it were one row; keeps both. */
  private static List<PaperTensor> take(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    GradNode fn =
        p.record("TakeBackward0", 1, (e, n, g) -> new PaperTensor[] {zeros(e, type)}, a.tensor(0));
    p.save(fn, a.tensor(1));
    p.save(fn, a.tensor(0));
    TensorType taken = Layout.contiguous(a.tensor(1).type()).withDType(type.dtype());
    return List.of(p.attach(fn, p.empty(taken)));
  }

  /** Keeps its input too, of which backward reads the sizes. */
  private static List<PaperTensor> gather(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    GradNode fn =
        p.record(
            "GatherBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {written(e, TensorType.of(type.dtype(), type.shape()))},
            self);
    p.save(fn, a.tensor(2));
    p.save(fn, self);
    return List.of(p.attach(fn, gathered(p, self, a.tensor(2))));
  }

  /** Something new whose elements are written by index. */
  private static PaperTensor written(PaperEngine p, TensorType type) {
    PaperTensor result = p.empty(type);
    HalfPrecision.writeByIndex(p, type);
    return result;
  }

  /** The same for a result that may be the first argument itself. */
  private static PaperTensor writtenByIndex(
      PaperEngine p, Args a, @Nullable GradNode fn, PaperTensor self) {
    PaperTensor result = written(p, a, fn, self);
    HalfPrecision.writeByIndex(p, result.type());
    return result;
  }

  /** What stands in the places of an index. */
  private static PaperTensor gathered(PaperEngine p, PaperTensor from, PaperTensor index) {
    return written(p, TensorType.of(from.type().dtype(), index.type().shape()));
  }

  /** {@code self[i, j, ...]} with tensors of integers or masks. */
  private static List<PaperTensor> index(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    List<@Nullable PaperTensor> indices = a.optionalTensors(1);
    GradNode fn =
        p.record(
            "IndexBackward0",
            1,
            (e, n, g) -> {
              PaperTensor result = zeros(e, type);
              List<PaperTensor> places = IndexWriting.places(e, indices);
              IndexWriting.sorted(e, indices);
              places.forEach(e::release);
              return new PaperTensor[] {result};
            },
            self);
    for (PaperTensor index : indices) {
      p.save(fn, index);
    }
    List<PaperTensor> places = IndexWriting.places(p, indices);
    PaperTensor result = p.empty(Indexed.of(p, type, indices).type());
    places.reversed().forEach(p::release);
    return List.of(p.attach(fn, result));
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
              PaperTensor forSelf = n.needs(0) ? written(e, Layout.like(grad)) : null;
              PaperTensor forSource = n.needs(1) ? gathered(e, grad, n.saved(0)) : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            source);
    p.save(fn, index);
    return List.of(writtenByIndex(p, a, fn, self));
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
              PaperTensor forSource = n.needs(1) ? gathered(e, grad, n.saved(0)) : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            a.tensor(3));
    p.save(fn, a.tensor(2));
    return List.of(writtenByIndex(p, a, fn, self));
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
              PaperTensor forSource =
                  n.needs(1) ? Linear.scaled(e, zeros(e, n.saved(1).type()), a.number(4)) : null;
              return new @Nullable PaperTensor[] {forSelf, forSource};
            },
            self,
            source);
    p.save(fn, a.tensor(2));
    p.save(fn, source);
    return List.of(written(p, a, fn, self));
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
