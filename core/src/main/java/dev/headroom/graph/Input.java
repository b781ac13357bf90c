package dev.headroom.graph;

import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a graph is given from outside.
 *
 * @param name the name that nodes use
 * @param kind parameter, buffer, constant or the user's own input
 * @param path the name in the module tree ({@code fc1.weight}); equal to the name for an input
 * @param dtype element type
 * @param shape sizes, those of a user's input may grow with the batch
 * @param strides steps in elements, one per size; empty for a contiguous tensor
 * @param init how a fresh parameter or buffer is filled
 * @param requiresGrad whether backward computes its gradient; false for a frozen parameter
 * @param tiedTo name of an earlier input whose storage this is, or null: the same tensor (tied
 *     weights) if the type is the same, else a view of it
 * @param offset elements of that storage before this tensor's first
 */
public record Input(
    String name,
    Kind kind,
    String path,
    DType dtype,
    List<Dim> shape,
    List<Dim> strides,
    Init init,
    boolean requiresGrad,
    @Nullable String tiedTo,
    long offset) {
  /** What an input is. */
  public enum Kind {
    PARAMETER,
    BUFFER,
    /**
     * A value that the exporter lifted out of the code; the running program has no storage for it.
     */
    CONSTANT,
    USER
  }

  public Input {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
    if (!strides.isEmpty() && strides.size() != shape.size()) {
      throw new IllegalArgumentException(
          path + " has " + shape.size() + " sizes and " + strides.size() + " strides");
    }
  }

  /** A contiguous input; a parameter is trained. */
  public Input(String name, Kind kind, String path, DType dtype, List<Dim> shape, Init init) {
    this(name, kind, path, dtype, shape, List.of(), init, kind == Kind.PARAMETER, null, 0);
  }

  /** The same on the storage of an earlier input. */
  public Input tied(String earlier, long elements) {
    return new Input(
        name, kind, path, dtype, shape, strides, init, requiresGrad, earlier, elements);
  }

  /** The same, not trained. */
  Input withoutGradient() {
    return new Input(name, kind, path, dtype, shape, strides, init, false, tiedTo, offset);
  }

  /** Type at a batch. */
  public TensorType type(long batch) {
    if (strides.isEmpty()) {
      long[] sizes = new long[shape.size()];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = shape.get(i).at(batch);
      }
      return TensorType.of(dtype, sizes);
    }
    return new TensorType(
        dtype,
        shape.stream().map(d -> d.at(batch)).toList(),
        strides.stream().map(d -> d.at(batch)).toList());
  }

  /** Sizes with the batch written as B. */
  public String shapeText() {
    return shape.stream().map(Dim::toString).collect(Collectors.joining(" x "));
  }
}
