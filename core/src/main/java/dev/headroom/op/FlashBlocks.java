package dev.headroom.op;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;

/**
 * How the CPU's flash attention splits its work, which gives each thread's buffers.
 *
 * @param queryRows rows of a block of queries, forward
 * @param keyRows rows of a block of keys, forward
 * @param queryRowsBackward rows of a block of queries, backward
 * @param keyRowsBackward rows of a block of keys, backward
 * @param headSize values per row
 * @param dtype element type of query, key and value
 */
record FlashBlocks(
    long queryRows,
    long keyRows,
    long queryRowsBackward,
    long keyRowsBackward,
    long headSize,
    DType dtype) {
  private static final long KEYS = 512;

  FlashBlocks(TensorType query, TensorType key, int threads) {
    this(
        Math.min(query.size(2), block(query.size(2))),
        Math.min(key.size(2), KEYS),
        Math.min(query.size(2), block(query.size(2))),
        Math.min(key.size(2), KEYS),
        query.size(3),
        query.dtype());
  }

  private static long block(long rows) {
    return rows >= 768 ? 256 : rows >= 192 ? 64 : 32;
  }

  private boolean isReduced() {
    return dtype == DType.BFLOAT16 || dtype == DType.FLOAT16;
  }

  /** The type that sums are kept in. */
  DType accumulate() {
    return isReduced() ? DType.FLOAT32 : dtype;
  }

  /** Scores, their maxima and sums, and the result of a block. */
  long perThread() {
    return queryRows * keyRows + 2 * queryRows + queryRows * headSize;
  }

  /** Scores in the lower precision, for the second product. */
  long reducedPerThread() {
    return isReduced() ? queryRows * keyRows : 0;
  }

  /** Scores and their gradient. */
  long backward() {
    return 2 * queryRowsBackward * keyRowsBackward;
  }

  /** Both in the lower precision. */
  long reducedBackward() {
    return isReduced() ? 2 * queryRowsBackward * keyRowsBackward : 0;
  }
}
