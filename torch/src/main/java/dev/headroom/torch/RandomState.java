package dev.headroom.torch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** State of libtorch's random generator on the CPU, which dropout draws from. */
public final class RandomState {
  private RandomState() {}

  /** A copy as bytes (torch.get_rng_state): uint8, one dimension; the caller closes it. */
  public static Tensor get() {
    Tensor kept;
    try (PointerScope scope = new PointerScope()) {
      kept = new Tensor(generator().get_state());
      kept.retainReference();
    }
    return kept;
  }

  /** Puts a state back (torch.set_rng_state). */
  public static void set(Tensor state) {
    try (PointerScope scope = new PointerScope()) {
      generator().set_state(state);
    }
  }

  private static Generator generator() {
    return torch.getDefaultCPUGenerator();
  }
}
