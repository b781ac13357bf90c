package dev.headroom.op;

import static dev.headroom.op.Elementwise.like;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import java.util.Map;

/** New tensors. */
final class Factory {
  private Factory() {}

  static void register(Map<String, Rule> rules) {
    for (String name : List.of("zeros_like", "empty_like", "full_like", "clone")) {
      rules.put("aten." + name + ".default", (p, a) -> List.of(p.empty(like(a.tensor(0)))));
    }
    rules.put(
        "aten.zeros.default",
        (p, a) -> List.of(p.empty(TensorType.of(DType.FLOAT32, a.integers(0)))));
    rules.put(
        "aten.ones.default",
        (p, a) -> List.of(p.empty(TensorType.of(DType.FLOAT32, a.integers(0)))));
  }
}
