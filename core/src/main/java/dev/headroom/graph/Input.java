package dev.headroom.graph;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a graph is given from outside.
 *
 * @param name the name that nodes use
 * @param kind parameter, buffer or the user's own input
 * @param path the name in the module tree ({@code fc1.weight}); equal to the name for an input
 * @param dtype element type
 * @param shape sizes, those of a user's input may grow with the batch
 * @param init how a fresh parameter or buffer is filled
 */
public record Input(String name, Kind kind, String path, DType dtype, List<Dim> shape, Init init) {
  /** What an input is. */
  public enum Kind {
    PARAMETER,
    BUFFER,
    USER
  }

  public Input {
    shape = List.copyOf(shape);
  }

  /** Contiguous type at a batch. */
  public TensorType type(long batch) {
    return TensorType.of(dtype, shape.stream().map(d -> d.at(batch)).toList());
  }

  /** Sizes with the batch written as B. */
  public String shapeText() {
    return shape.stream().map(Dim::toString).collect(Collectors.joining(" x "));
  }
}
