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
import org.jspecify.annotations.Nullable;

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

  /** What a call is made of. */
  private record Bags(
      TensorType table,
      DType index,
      long count,
      long bags,
      long offsets,
      long mode,
      boolean fast) {}

  private static List<PaperTensor> bag(PaperEngine p, Args a) {
    long mode = a.integer(4);
    boolean pads = a.op().endsWith("padding_idx") && a.has(8);
    if (a.bool(5)) {
      throw new UnsupportedOperatorException(a.op(), "with sparse gradients");
    }
    PaperTensor weight = a.tensor(0);
    PaperTensor indices = a.tensor(1);
    PaperTensor offsets = a.tensor(2);
    @Nullable PaperTensor samples = a.optionalTensor(6);
    TensorType table = weight.type();
    long ends = offsets.type().elements();
    Bags bags =
        new Bags(
            table,
            indices.type().dtype(),
            indices.type().elements(),
            a.bool(7) ? ends - 1 : ends,
            ends,
            mode,
            mode == SUM && !pads && table.dtype() != DType.FLOAT64 && table.strides().get(1) == 1);
    if (p.backend().isCuda()) {
      return onCuda(p, weight, indices, offsets, samples, bags, a.bool(3));
    }
    GradNode fn =
        p.record(
            "EmbeddingBagBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forSamples = n.needs(1) ? samplesGradient(e, bags, samples) : null;
              PaperTensor forWeight =
                  n.needs(0) ? gradient(e, given(g), bags, samples != null) : null;
              return new @Nullable PaperTensor[] {forWeight, forSamples};
            },
            weight,
            samples);
    keep(p, fn, weight, indices, offsets, samples);
    DType index = bags.index();
    PaperTensor result = p.empty(table.dtype(), bags.bags(), table.size(1));
    PaperTensor bagOf = bags.fast() ? p.empty(index, 0) : bagOfEach(p, bags, bags.bags());
    PaperTensor sizes = p.empty(index, ends);
    long maxed = ends;
    if (mode != SUM || fn != null) {
      // Sizes are differences of offsets; the last bag ends with the indices.
      PaperTensor cut = p.alias(sizes, TensorType.of(index, bags.bags()));
      p.release(sizes);
      sizes = cut;
      maxed = bags.bags();
      p.releaseIfAny(p.scratch(index, bags.bags() - 1));
      p.release(p.empty(index));
    }
    PaperTensor maxima = p.empty(index, maxed);
    if (mode == MAX) {
      PaperTensor each = p.empty(index, bags.bags(), table.size(1));
      p.release(maxima);
      maxima = each;
    } else if (mode == MEAN) {
      PaperTensor ones = p.empty(index, bags.bags());
      PaperTensor divisors = p.empty(index, bags.bags());
      PaperTensor floating = p.empty(table.dtype(), bags.bags());
      p.release(divisors);
      p.release(ones);
      p.release(floating);
    }
    p.save(fn, bagOf);
    p.save(fn, sizes);
    p.save(fn, maxima);
    return List.of(p.attach(fn, result), bagOf, sizes, maxima);
  }

  /** The table is kept for the gradient of the weights of the samples alone. */
  private static void keep(
      PaperEngine p,
      @Nullable GradNode fn,
      PaperTensor weight,
      PaperTensor indices,
      PaperTensor offsets,
      @Nullable PaperTensor samples) {
    p.save(fn, indices);
    p.save(fn, offsets);
    p.save(fn, samples);
    if (fn != null && fn.needs(1)) {
      p.save(fn, weight);
    }
  }

  /** Products of rows with the gradient of their bag. */
  private static @Nullable PaperTensor samplesGradient(
      PaperEngine e, Bags bags, @Nullable PaperTensor samples) {
    if (samples == null) {
      return null;
    }
    PaperTensor result = e.empty(bags.table().dtype(), bags.count());
    if (bags.fast() && !e.backend().isCuda()) {
      e.release(bagOfEach(e, bags, bags.offsets()));
    }
    return result;
  }

  /** One kernel makes sums, bags and sizes at once ({@code cuda/EmbeddingBag.cu}). */
  private static List<PaperTensor> onCuda(
      PaperEngine p,
      PaperTensor weight,
      PaperTensor indices,
      PaperTensor offsets,
      @Nullable PaperTensor samples,
      Bags bags,
      boolean frequencies) {
    TensorType table = bags.table();
    boolean max = bags.mode() == MAX;
    GradNode fn =
        p.record(
            "EmbeddingBagBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forSamples = n.needs(1) ? samplesGradient(e, bags, samples) : null;
              PaperTensor forWeight = null;
              if (n.needs(0)) {
                forWeight =
                    max
                        ? ofMaxima(e, given(g).type(), table)
                        : CudaEmbedding.sorted(
                            e, given(g).type(), n.saved(0).type(), table, frequencies);
              }
              return new @Nullable PaperTensor[] {forWeight, forSamples};
            },
            weight,
            samples);
    keep(p, fn, weight, indices, offsets, samples);
    PaperTensor sizes = p.empty(bags.index(), bags.offsets());
    PaperTensor bagOf = p.empty(bags.index(), bags.count());
    PaperTensor result = p.empty(table.dtype(), bags.bags(), table.size(1));
    PaperTensor maxima =
        max
            ? p.empty(bags.index(), result.type().size(0), result.type().size(1))
            : p.empty(bags.index(), 0);
    p.save(fn, bagOf);
    p.save(fn, sizes);
    p.save(fn, maxima);
    return List.of(p.attach(fn, result), bagOf, sizes, maxima);
  }

  private static PaperTensor ofMaxima(PaperEngine e, TensorType grad, TensorType table) {
    PaperTensor dense = PlainConvolution.dense(e, grad, MemoryFormat.CONTIGUOUS);
    PaperTensor result = e.empty(TensorType.of(grad.dtype(), table.shape()));
    e.release(dense);
    return result;
  }

  /** Ones where a bag starts, summed up to each index. */
  private static PaperTensor bagOfEach(PaperEngine p, Bags bags, long offsets) {
    DType index = bags.index();
    PaperTensor starts = p.empty(index, bags.count() + 1);
    p.release(p.empty(index, offsets));
    PaperTensor one = p.wrap(1L);
    if (index != DType.INT64) {
      p.release(p.empty(index));
    }
    p.release(one);
    PaperTensor sums = p.empty(index, bags.count() + 1);
    p.release(starts);
    PaperTensor bagOf = p.alias(sums, TensorType.of(index, bags.count()));
    p.release(sums);
    return bagOf;
  }

  private static PaperTensor gradient(
      PaperEngine p, PaperTensor grad, Bags bags, boolean weighted) {
    DType index = bags.index();
    long count = bags.count();
    TensorType table = bags.table();
    PaperTensor bagOf = bags.fast() ? bagOfEach(p, bags, bags.offsets()) : null;
    PaperTensor dense = PlainConvolution.dense(p, grad.type(), MemoryFormat.CONTIGUOUS);
    PaperTensor result = p.empty(grad.type().dtype(), table.size(0), table.size(1));
    if (bags.mode() == MAX) {
      maxima(p, grad, index, bags.bags(), table.size(1));
    } else {
      // Indices are sorted, and their bags and weights put into the same order.
      PaperTensor sorted = p.empty(index, count);
      PaperTensor order = p.empty(DType.INT64, count);
      p.release(p.empty(DType.INT64, count));
      PaperTensor inOrder = p.empty(index, count);
      if (weighted) {
        p.release(p.empty(grad.type().dtype(), count));
      }
      p.release(inOrder);
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
