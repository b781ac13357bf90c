package dev.headroom.importers;

import dev.headroom.graph.Init;
import dev.headroom.graph.Input;

/**
 * First values where a file has none: those that PyTorch's layers take, as far as names and shapes
 * tell.
 */
final class FreshValues {
  private FreshValues() {}

  static Init of(Input.Kind kind, String path, java.util.List<Long> shape) {
    String name = path.substring(path.lastIndexOf('.') + 1);
    if (kind != Input.Kind.PARAMETER) {
      return new Init.Constant(name.equals("running_var") ? 1 : 0);
    }
    if (shape.size() < 2) {
      // A vector that multiplies belongs to a normalisation; one that is added begins at zero.
      return new Init.Constant(name.equals("weight") ? 1 : 0);
    }
    long fanIn = 1;
    for (long size : shape.subList(1, shape.size())) {
      fanIn = Math.multiplyExact(fanIn, Math.max(1, size));
    }
    return new Init.Uniform(1 / Math.sqrt((double) fanIn));
  }
}
