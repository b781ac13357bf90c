package dev.headroom.op;

import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code x[i, mask, :]} gives. Indices broadcast; their dimensions come where the indexed ones
 * were if those are neighbours, else in front. A mask stands for one list of places per dimension;
 * how many places depends on its values: as many as it has are planned, the most there can be.
 *
 * @param type the result's
 * @param bounded whether that is only the most there can be
 */
record Indexed(TensorType type, boolean bounded) {

  static Indexed of(PaperEngine p, TensorType self, List<@Nullable PaperTensor> indices) {
    List<Long> broadcast = List.of();
    List<Long> rest = new ArrayList<>();
    int first = -1;
    int last = -1;
    int count = 0;
    int dim = 0;
    boolean bounded = false;
    for (PaperTensor index : indices) {
      if (index == null) {
        rest.add(self.size(dim++));
        continue;
      }
      boolean mask = index.type().dtype() == DType.BOOL;
      bounded |= mask;
      broadcast =
          Layout.broadcast(
              broadcast, mask ? List.of(index.type().elements()) : index.type().shape());
      int dims = mask ? index.type().rank() : 1;
      first = first < 0 ? dim : first;
      dim += dims;
      last = dim - 1;
      count += dims;
    }
    int before = Math.max(first, 0);
    while (dim < self.rank()) {
      rest.add(self.size(dim++));
    }
    boolean neighbours = last - first + 1 == count;
    rest.addAll(neighbours ? Math.min(before, rest.size()) : 0, broadcast);
    if (bounded) {
      p.bounded("all that its mask has");
    }
    return new Indexed(TensorType.of(self.dtype(), rest), bounded);
  }

  /** {@code nonzero}: places where a mask is true, one row each; the most there can be. */
  static PaperTensor places(PaperEngine p, PaperTensor mask) {
    TensorType type = mask.type();
    // Written dimension by dimension.
    return p.empty(
        new TensorType(
            DType.INT64,
            List.of(type.elements(), (long) type.rank()),
            List.of(1L, type.elements())));
  }
}
