package dev.headroom.zoo;

import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.tensor.DType;
import java.util.List;

/**
 * The network of the lesson: linear layers with ReLU between them, on an image laid out as one row.
 *
 * <pre>{@code 784 -> fc1 -> 128 -> relu -> fc2 -> 10}</pre>
 */
public final class Mlp {
  private Mlp() {}

  /**
   * Builds it.
   *
   * @param inputs values per image: 784 for 1x28x28, 3072 for 3x32x32
   * @param hidden widths of the hidden layers, at least one
   * @param classes number of classes
   */
  public static Graph build(long inputs, List<Integer> hidden, int classes) {
    GraphBuilder g = new GraphBuilder("mlp", "MLP");
    String x = g.input(DType.FLOAT32, inputs);
    long width = inputs;
    for (int i = 0; i < hidden.size(); i++) {
      x = g.linear("fc" + (i + 1), x, width, hidden.get(i));
      x = g.relu(hidden.size() == 1 ? "relu" : "relu" + (i + 1), x);
      width = hidden.get(i);
    }
    return g.build(g.linear("fc" + (hidden.size() + 1), x, width, classes));
  }
}
