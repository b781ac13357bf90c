package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Quarter turns of images, and shifts by half of each dimension as spectra are shown. */
final class Turns {
  private Turns() {}

  static void register(Registry ops) {
    ops.add(
        "rot90(Tensor self, int k=1, int[] dims=[0,1])",
        (p, a) -> List.of(turned(p, a.tensor(0), a.integer(1), a.integers(2))));
    for (String name : List.of("fft_fftshift", "fft_ifftshift")) {
      ops.add(name + "(Tensor self, int[1]? dim=None)", Turns::shifted);
    }
  }

  /** A quarter turn flips one dimension, a copy, of which two are then swapped. */
  private static PaperTensor turned(PaperEngine p, PaperTensor self, long k, List<Long> dims) {
    long quarters = Math.floorMod(k, 4);
    GradNode fn =
        p.record(
            "Rot90Backward0",
            1,
            (e, n, g) -> new PaperTensor[] {turned(e, given(g), -quarters, dims)},
            self);
    TensorType type = self.type();
    int first = Layout.wrap(dims.get(0), type.rank());
    int second = Layout.wrap(dims.get(1), type.rank());
    PaperTensor result = p.empty(quarters == 0 ? Layout.contiguous(type) : Layout.like(type));
    if (quarters % 2 == 1) {
      PaperTensor across = p.alias(result, result.type().transpose(first, second));
      p.release(result);
      result = across;
    }
    return p.attach(fn, result);
  }

  /** {@code roll} by half of each dimension. */
  private static List<PaperTensor> shifted(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    List<Long> dims = new ArrayList<>();
    if (a.has(1)) {
      dims.addAll(a.integers(1));
    } else {
      for (long d = 0; d < type.rank(); d++) {
        dims.add(d);
      }
    }
    List<Long> shifts = Collections.nCopies(dims.size(), 1L);
    return p.call("aten.roll.default", a.tensor(0), shifts, dims);
  }
}
