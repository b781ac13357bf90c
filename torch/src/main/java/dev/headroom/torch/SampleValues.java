package dev.headroom.torch;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Init;
import dev.headroom.graph.Input;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.plan.IndexBounds;
import dev.headroom.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Values that a network can work on where nobody has real samples:
 *
 * <ul>
 *   <li>float: normally distributed, or zeros
 *   <li>integers that pick rows (tokens, positions, segments): valid ones; see {@link IndexBounds}
 *   <li>other integers (masks, lengths): 1
 *   <li>bool (masks): every other value is true, so that no row is masked out altogether
 *   <li>the target: zeros
 * </ul>
 */
public final class SampleValues implements TrainingLoop.Fill<Tensor> {
  private final List<Input> inputs;
  private final Map<String, Long> bounds;
  private final @Nullable SplittableRandom random;

  /** Random floats and indices. */
  public SampleValues(Graph graph, long seed) {
    this(graph, new SplittableRandom(seed));
  }

  private SampleValues(Graph graph, @Nullable SplittableRandom random) {
    inputs = graph.inputs(Input.Kind.USER);
    bounds =
        inputs.stream().allMatch(i -> i.dtype().isFloating()) ? Map.of() : IndexBounds.of(graph);
    this.random = random;
  }

  /** Floats and indices are zeros: what is allocated does not depend on them. */
  public static SampleValues zeros(Graph graph) {
    return new SampleValues(graph, null);
  }

  @Override
  public void fill(List<Tensor> x, Tensor y) {
    for (int i = 0; i < inputs.size(); i++) {
      fill(inputs.get(i), x.get(i));
    }
    zero(y);
  }

  /** Fills one input. */
  void fill(Input input, Tensor tensor) {
    zero(tensor);
    DType dtype = input.dtype();
    if (dtype.isFloating()) {
      if (random != null) {
        Values.initialize(new Init.Normal(1), tensor, random);
      }
      return;
    }
    Long rows = bounds.get(input.name());
    MemorySegment memory = tensor.numel() == 0 ? MemorySegment.NULL : Values.memory(tensor);
    for (long i = 0; i < tensor.numel(); i++) {
      long value =
          dtype == DType.BOOL
              ? i % 2
              : rows == null ? 1 : random == null ? 0 : random.nextLong(rows);
      switch (dtype) {
        case INT64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, i, value);
        case INT32 -> memory.setAtIndex(ValueLayout.JAVA_INT, i, (int) value);
        case INT16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) value);
        case INT8, UINT8, BOOL -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) value);
        default -> {}
      }
    }
  }

  /** Fills a tensor with zeros. */
  static void zero(Tensor tensor) {
    if (tensor.numel() > 0) {
      Values.memory(tensor).fill((byte) 0);
    }
  }
}
