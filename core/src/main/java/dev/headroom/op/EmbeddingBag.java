package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.List;

/**
 * Sums, means and maxima over bags of rows ({@code aten/src/ATen/native/EmbeddingBag.cpp}) on the
 * CPU. Kept are the indices and what says which bag each belongs to; a plain sum finds that out
 * again in backward.
 */
final class EmbeddingBag {
  private static final long SUM = 0;
  private static final long MEAN = 1;
  private static final long MAX = 2;

  private EmbeddingBag() {}

  static void register(Registry ops) {
    String shared =
        "(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0,"
            + " bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False";
    ops.add("embedding_bag" + shared + ")", EmbeddingBag::bag);
    ops.add("embedding_bag.padding_idx" + shared + ", int? padding_idx)", EmbeddingBag::bag);
  }

  private static List<PaperTensor> bag(PaperEngine p, Args a) {
    long mode = a.integer(4);
    boolean pads = a.op().endsWith("padding_idx") && a.has(8) && a.integer(8) >= 0;
    if (a.bool(3) || a.bool(5) || a.bool(7) || a.has(6)) {
      throw new UnsupportedOperatorException(
          a.op(), "with frequencies, sparse gradients, weights per sample or a last offset");
    }
    PaperTensor weight = a.tensor(0);
    PaperTensor indices = a.tensor(1);
    PaperTensor offsets = a.tensor(2);
    TensorType table = weight.type();
    long count = indices.type().elements();
    long bags = offsets.type().elements();
    if (p.backend().isCuda()) {
      return onCuda(p, weight, indices, offsets, mode == MAX);
    }
    boolean fast =
        mode == SUM && !pads && table.dtype() != DType.FLOAT64 && table.strides().get(1) == 1;
    GradNode fn =
        p.record(
            "EmbeddingBagBackward0",
            1,
            (e, n, g) ->
                new PaperTensor[] {gradient(e, given(g), table, offsets, count, mode, fast)},
            weight);
    p.save(fn, indices);
    p.save(fn, offsets);
    DType index = indices.type().dtype();
    PaperTensor result = p.empty(table.dtype(), bags, table.size(1));
    PaperTensor bagOf = fast ? p.empty(index, 0) : bagOfEach(p, offsets, count);
    PaperTensor sizes = p.empty(index, bags);
    if (mode != SUM || fn != null) {
      // Sizes are differences of offsets; the last bag ends with the indices.
      p.releaseIfAny(p.scratch(index, bags - 1));
      p.release(p.empty(index));
    }
    PaperTensor maxima = p.empty(index, bags);
    if (mode == MAX) {
      PaperTensor each = p.empty(index, bags, table.size(1));
      p.release(maxima);
      maxima = each;
    } else if (mode == MEAN) {
      PaperTensor ones = p.empty(index, bags);
      PaperTensor divisors = p.empty(index, bags);
      PaperTensor floating = p.empty(table.dtype(), bags);
      p.release(divisors);
      p.release(ones);
      p.release(floating);
    }
    p.save(fn, bagOf);
    p.save(fn, sizes);
    p.save(fn, maxima);
    return List.of(p.attach(fn, result), bagOf, sizes, maxima);
  }

  /** One kernel makes sums, bags and sizes at once ({@code cuda/EmbeddingBag.cu}). */
  private static List<PaperTensor> onCuda(
      PaperEngine p, PaperTensor weight, PaperTensor indices, PaperTensor offsets, boolean max) {
    TensorType table = weight.type();
    DType index = indices.type().dtype();
    GradNode fn =
        p.record(
            "EmbeddingBagBackward0",
            1,
            (e, n, g) -> {
              TensorType grad = given(g).type();
              if (!max) {
                return new PaperTensor[] {CudaEmbedding.sorted(e, grad, n.saved(0).type(), table)};
              }
              PaperTensor dense = PlainConvolution.dense(e, grad, MemoryFormat.CONTIGUOUS);
              PaperTensor result = e.empty(TensorType.of(grad.dtype(), table.shape()));
              e.release(dense);
              return new PaperTensor[] {result};
            },
            weight);
    p.save(fn, indices);
    p.save(fn, offsets);
    PaperTensor sizes = p.empty(index, offsets.type().elements());
    PaperTensor bagOf = p.empty(index, indices.type().elements());
    PaperTensor result = p.empty(table.dtype(), offsets.type().elements(), table.size(1));
    PaperTensor maxima =
        max ? p.empty(index, result.type().size(0), result.type().size(1)) : p.empty(index, 0);
    p.save(fn, bagOf);
    p.save(fn, sizes);
    p.save(fn, maxima);
    return List.of(p.attach(fn, result), bagOf, sizes, maxima);
  }

  /** Ones where a bag starts, summed up to each index. */
  private static PaperTensor bagOfEach(PaperEngine p, PaperTensor offsets, long count) {
    DType index = offsets.type().dtype();
    PaperTensor starts = p.empty(index, count + 1);
    p.release(p.empty(offsets.type()));
    PaperTensor one = p.wrap(1L);
    if (index != DType.INT64) {
      p.release(p.empty(index));
    }
    p.release(one);
    PaperTensor sums = p.empty(index, count + 1);
    p.release(starts);
    PaperTensor bagOf = p.alias(sums, TensorType.of(index, count));
    p.release(sums);
    return bagOf;
  }

  private static PaperTensor gradient(
      PaperEngine p,
      PaperTensor grad,
      TensorType table,
      PaperTensor offsets,
      long count,
      long mode,
      boolean fast) {
    DType index = offsets.type().dtype();
    PaperTensor bagOf = fast ? bagOfEach(p, offsets, count) : null;
    PaperTensor dense = PlainConvolution.dense(p, grad.type(), MemoryFormat.CONTIGUOUS);
    PaperTensor result = p.empty(grad.type().dtype(), table.size(0), table.size(1));
    if (mode == MAX) {
      maxima(p, grad, index, offsets.type().elements(), table.size(1));
    } else {
      // Indices are sorted, and their bags put into the same order.
      PaperTensor sorted = p.empty(index, count);
      PaperTensor order = p.empty(DType.INT64, count);
      p.release(p.empty(DType.INT64, count));
      p.release(p.empty(index, count));
      p.release(sorted);
      p.release(order);
    }
    p.release(dense);
    p.releaseIfAny(bagOf);
    return result;
  }

  /** Column by column; every bag counts as filled, as it is where bags are rows of a matrix. */
  private static void maxima(PaperEngine p, PaperTensor grad, DType index, long bags, long width) {
    PaperTensor filled = p.empty(DType.INT64, bags);
    PaperTensor rows = p.empty(index, bags, width);
    p.release(filled);
    filled = p.empty(DType.INT64, bags);
    PaperTensor values = p.empty(grad.type().dtype(), bags, width);
    p.release(filled);
    for (long column = 0; column < width; column++) {
      p.release(p.empty(index, bags));
    }
    p.release(values);
    p.release(rows);
  }
}
