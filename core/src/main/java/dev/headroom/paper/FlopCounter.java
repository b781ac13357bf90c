package dev.headroom.paper;

/**
 * Floating-point operations of matrix products, convolutions and attention, a multiplication and
 * its addition counted as two, all else as none: the convention of {@code
 * torch/utils/flop_counter.py}, whose figures these are. Beyond it, attention counts on the CPU
 * too, and cuDNN's recurrent layers by the products in them.
 */
public final class FlopCounter {
  private double forward;
  private double again;

  /** A product. */
  void add(boolean recomputing, long... sizes) {
    double flops = 2;
    for (long size : sizes) {
      flops *= size;
    }
    if (recomputing) {
      again += flops;
    } else {
      forward += flops;
    }
  }

  /** All of it so many times. */
  public FlopCounter times(long count) {
    FlopCounter out = new FlopCounter();
    out.forward = forward * count;
    out.again = again * count;
    return out;
  }

  /** Of forward, as it runs first; exact up to 2^53. */
  public double forward() {
    return forward;
  }

  /** Of what is computed once more in backward because it was not kept. */
  public double again() {
    return again;
  }
}
