package dev.headroom.zoo;

import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.tensor.DType;

/**
 * LeNet-5 (LeCun et al. 1998) with ReLU and max pooling: two convolutions, three linear layers.
 *
 * <pre>{@code 1x28x28 -> c1 -> 6x14x14 -> c2 -> 16x5x5 -> 400 -> f1 -> 120 -> f2 -> 84 -> f3 -> 10}
 * </pre>
 */
public final class LeNet {
  private LeNet() {}

  /** Builds it; images of at least 12 x 12. */
  public static Graph build(Image image, int classes) {
    image.atLeast("lenet", 12);
    GraphBuilder g = new GraphBuilder("lenet", "LeNet5");
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    x = g.conv2d("c1", x, Conv.of(image.channels(), 6, 5).padding(2));
    x = g.maxPool2d(g.relu(x), 2);
    x = g.conv2d("c2", x, Conv.of(6, 16, 5));
    x = g.maxPool2d(g.relu(x), 2);
    x = g.flatten(x);
    x = g.relu(g.linear("f1", x, 16 * side(image.height()) * side(image.width()), 120));
    x = g.relu(g.linear("f2", x, 120, 84));
    return g.build(g.linear("f3", x, 84, classes));
  }

  /** What both stages leave of a side: halved, less the window's 4, halved. */
  private static long side(long n) {
    return (n / 2 - 4) / 2;
  }
}
