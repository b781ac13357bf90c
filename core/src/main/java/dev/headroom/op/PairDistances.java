package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Distances between rows: of pairs, and of all with all ({@code Distance.cpp}). */
final class PairDistances {
  /** With more rows than this on a side, distances come from one product of matrices. */
  private static final long FEW_ROWS = 25;

  private PairDistances() {}

  static void register(Registry ops) {
    ops.add(
        "pairwise_distance(Tensor x1, Tensor x2, float p=2, float eps=1e-06, bool keepdim=False)",
        PairDistances::pairs);
    ops.add("cdist(Tensor x1, Tensor x2, float p=2, int? compute_mode=None)", PairDistances::all);
  }

  /** {@code norm(x1 - x2 + eps)} over the last dimension. */
  private static List<PaperTensor> pairs(PaperEngine p, Args a) {
    PaperTensor difference = Arithmetic.sub(p, a.tensor(0), a.tensor(1), 1);
    PaperTensor epsilon = p.wrap(1e-6);
    PaperTensor shifted = Arithmetic.add(p, difference, epsilon, 1);
    p.release(epsilon);
    PaperTensor norm = Norms.norm(p, shifted, a.number(2), List.of(-1L), a.bool(4));
    p.release(shifted);
    p.release(difference);
    return List.of(norm);
  }

  private static List<PaperTensor> all(PaperEngine p, Args a) {
    PaperTensor x1 = a.tensor(0);
    PaperTensor x2 = a.tensor(1);
    TensorType first = x1.type();
    TensorType second = x2.type();
    int rank = first.rank();
    if (rank < 2 || second.rank() != rank || first.size(-1) != second.size(-1)) {
      throw new UnsupportedOperatorException(
          a.op(), "of " + first + " and " + second + ", only as many dimensions on either side");
    }
    long mode = a.integer(3, 0);
    boolean many = first.size(-2) > FEW_ROWS || second.size(-2) > FEW_ROWS;
    boolean product = a.number(2) == 2 && (mode == 1 || (mode == 0 && many));
    List<Long> batch =
        Layout.broadcast(first.shape().subList(0, rank - 2), second.shape().subList(0, rank - 2));
    List<Long> shape = new ArrayList<>(batch);
    shape.add(first.size(-2));
    shape.add(second.size(-2));
    TensorType result = TensorType.of(first.dtype(), shape);
    if (product && !(first.isContiguous() && second.isContiguous() && sameBatch(first, second))) {
      throw new UnsupportedOperatorException(
          a.op(), "by a product of matrices, of batches that are broadcast or have gaps");
    }
    return List.of(product ? byProduct(p, x1, x2, result) : oneByOne(p, x1, x2, result, batch));
  }

  private static boolean sameBatch(TensorType a, TensorType b) {
    return a.shape().subList(0, a.rank() - 2).equals(b.shape().subList(0, b.rank() - 2));
  }

  /** Keeps both sides and the result; each side's gradient is computed for the whole batch. */
  private static PaperTensor oneByOne(
      PaperEngine p, PaperTensor x1, PaperTensor x2, TensorType distances, List<Long> batch) {
    TensorType first = x1.type();
    TensorType second = x2.type();
    GradNode fn =
        p.record(
            "CdistBackward0",
            1,
            (e, n, g) ->
                new @Nullable PaperTensor[] {
                  n.needs(0) ? gradient(e, given(g).type(), first, second, batch) : null,
                  n.needs(1) ? turned(e, given(g).type(), distances, second, first, batch) : null
                },
            x1,
            x2);
    p.save(fn, x1);
    p.save(fn, x2);
    PaperTensor left = dense(p, first, batch);
    PaperTensor right = dense(p, second, batch);
    PaperTensor result = p.empty(distances);
    p.release(right);
    p.release(left);
    p.save(fn, result);
    return p.attach(fn, result);
  }

  private static PaperTensor gradient(
      PaperEngine p, TensorType grad, TensorType mine, TensorType other, List<Long> batch) {
    PaperTensor dense = PlainConvolution.dense(p, grad, MemoryFormat.CONTIGUOUS);
    PaperTensor left = dense(p, mine, batch);
    PaperTensor right = dense(p, other, batch);
    PaperTensor result = p.empty(TensorType.of(mine.dtype(), whole(mine, batch)));
    if (p.backend().isCuda()) {
      // One part from each pair of rows, then their sum (cuda/DistanceKernel.cu).
      p.releaseIfAny(p.scratch(mine.dtype(), result.type().elements() * other.size(-2)));
    }
    p.release(right);
    p.release(left);
    p.release(dense);
    return result;
  }

  /** The other side's, from gradient and distances transposed. */
  private static PaperTensor turned(
      PaperEngine p,
      TensorType grad,
      TensorType distances,
      TensorType mine,
      TensorType other,
      List<Long> batch) {
    PaperTensor turnedGrad = transposed(p, grad);
    PaperTensor turnedResult = transposed(p, distances);
    PaperTensor result = gradient(p, turnedGrad.type(), mine, other, batch);
    p.release(turnedResult);
    p.release(turnedGrad);
    return result;
  }

  private static PaperTensor transposed(PaperEngine p, TensorType type) {
    TensorType turned = type.transpose(type.rank() - 2, type.rank() - 1);
    return PlainConvolution.dense(p, turned, MemoryFormat.CONTIGUOUS);
  }

  private static List<Long> whole(TensorType side, List<Long> batch) {
    List<Long> shape = new ArrayList<>(batch);
    shape.addAll(side.shape().subList(side.rank() - 2, side.rank()));
    return shape;
  }

  /** A side seen over the whole batch, copied where that leaves gaps. */
  private static PaperTensor dense(PaperEngine p, TensorType side, List<Long> batch) {
    TensorType wide = Reduce.expand(side, whole(side, batch));
    return PlainConvolution.dense(p, wide, MemoryFormat.CONTIGUOUS);
  }

  /** {@code _euclidean_dist}: (-2 x1, |x1|^2, 1) times (x2, 1, |x2|^2), then a root in place. */
  private static PaperTensor byProduct(
      PaperEngine p, PaperTensor x1, PaperTensor x2, TensorType distances) {
    GradNode fn =
        p.record(
            "EuclideanDistBackward0", 1, (e, n, g) -> productGradients(e, n, given(g)), x1, x2);
    p.save(fn, x1);
    p.save(fn, x2);
    PaperTensor norm1 = squares(p, x1);
    PaperTensor ones1 = p.empty(norm1.type());
    PaperTensor norm2 = squares(p, x2);
    PaperTensor ones2 = p.empty(norm2.type());
    Formula f = new Formula(p);
    PaperTensor scaled = f.value(f.binary(x1, 2L));
    PaperTensor left = p.empty(longer(x1.type()));
    p.release(ones1);
    p.release(norm1);
    p.release(scaled);
    PaperTensor right = p.empty(longer(x2.type()));
    p.release(norm2);
    p.release(ones2);
    PaperTensor result = p.empty(distances);
    p.release(right);
    p.release(left);
    p.save(fn, result);
    return p.attach(fn, result);
  }

  private static PaperTensor squares(PaperEngine p, PaperTensor x) {
    Formula f = new Formula(p);
    return f.value(f.sum(f.unary(x), List.of(-1L), true));
  }

  private static TensorType longer(TensorType type) {
    List<Long> shape = new ArrayList<>(type.shape());
    shape.set(type.rank() - 1, type.size(-1) + 2);
    return TensorType.of(type.dtype(), shape);
  }

  private static @Nullable PaperTensor[] productGradients(
      PaperEngine p, GradNode n, PaperTensor grad) {
    PaperTensor x1 = n.saved(0);
    PaperTensor x2 = n.saved(1);
    Formula ratioOf = new Formula(p);
    PaperTensor ratio = ratioOf.divide(grad, n.saved(2));
    PaperTensor zero = Comparisons.withNumber(p, n.saved(2), 0L);
    p.release(zero);
    Formula f = new Formula(p);
    PaperTensor first = side(f, ratio, x1, -1L);
    PaperTensor second = side(f, ratio, x2, -2L);
    PaperTensor kept = p.retain(first);
    PaperTensor result = f.value(second);
    ratioOf.end();
    return new @Nullable PaperTensor[] {kept, result};
  }

  private static PaperTensor side(Formula f, PaperTensor ratio, PaperTensor x, long over) {
    PaperTensor product = f.like(x);
    PaperTensor scaled = f.binary(x, sums(f, ratio, x, over));
    return f.binary(scaled, product);
  }

  /** One sum for each row of x. */
  private static PaperTensor sums(Formula f, PaperTensor ratio, PaperTensor x, long over) {
    List<Long> shape = new ArrayList<>(x.type().shape());
    shape.set(x.type().rank() - 1, 1L);
    PaperTensor summed = f.sum(ratio, List.of(over), true);
    return f.view(summed, TensorType.of(x.type().dtype(), shape));
  }
}
