package dev.headroom.zoo;

import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.tensor.DType;

/**
 * A convolutional network of the size that fits CIFAR-10: two blocks of convolution, batch norm,
 * ReLU and pooling, then a classifier with dropout.
 *
 * <pre>{@code 3x32x32 -> 32x16x16 -> 64x8x8 -> 4096 -> 128 -> 10}</pre>
 */
public final class SmallCnn {
  private SmallCnn() {}

  /** Builds it; images of at least 4 x 4. */
  public static Graph build(Image image, int classes) {
    image.atLeast("cnn", 4);
    GraphBuilder g = new GraphBuilder("cnn", "SmallCNN");
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    x = g.conv2d("features.0", x, Conv.of(image.channels(), 32, 3).padding(1));
    x = g.relu("features.2", g.batchNorm2d("features.1", x, 32));
    x = g.maxPool2d("features.3", x, 2, 2, 0);
    x = g.conv2d("features.4", x, Conv.of(32, 64, 3).padding(1));
    x = g.relu("features.6", g.batchNorm2d("features.5", x, 64));
    x = g.maxPool2d("features.7", x, 2, 2, 0);
    x = g.flatten("classifier.0", x);
    x = g.dropout("classifier.1", x, 0.5);
    x = g.linear("classifier.2", x, 64 * (image.height() / 4) * (image.width() / 4), 128);
    x = g.relu("classifier.3", x);
    x = g.dropout("classifier.4", x, 0.5);
    return g.build(g.linear("classifier.5", x, 128, classes));
  }
}
