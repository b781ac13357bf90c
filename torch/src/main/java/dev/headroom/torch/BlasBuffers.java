package dev.headroom.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The buffers in which OpenBLAS packs matrices: one for each of its threads, tens of MiB of address
 * space each, taken at the first product that needs one and kept for ever. On processors for which
 * it has kernels for small matrices, those up to about 100 x 100 x 100 need none.
 */
public final class BlasBuffers {
  /** Rows and columns: far beyond what is a small product, and enough for all threads. */
  private static final long SIDE = 512;

  private BlasBuffers() {}

  /** Has OpenBLAS take them now, so that they do not count as memory of what follows. */
  public static void take() {
    try (Tensor square = torch.zeros(SIDE, SIDE);
        Tensor product = torch.mm(square, square)) {
      product.nbytes();
    }
  }
}
