package dev.headroom.zoo;

import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;
import java.util.List;

/**
 * VGG (Simonyan and Zisserman 2014) as torchvision has it: five groups of 3x3 convolutions, each
 * group ended by pooling, then three wide linear layers that hold most of the parameters.
 */
public final class Vgg {
  private static final List<Integer> CHANNELS = List.of(64, 128, 256, 512, 512);
  private static final long POOLED = 7;
  private static final long WIDTH = 4096;

  private Vgg() {}

  /**
   * Builds one.
   *
   * @param name such as {@code vgg16_bn}
   * @param convolutions in each of the five groups: 2, 2, 3, 3, 3 for vgg16
   * @param batchNorm whether each convolution is followed by a batch norm
   * @param image at least 32 x 32
   */
  public static Graph build(
      String name, List<Integer> convolutions, boolean batchNorm, Image image, int classes) {
    image.atLeast(name, 32);
    GraphBuilder g = new GraphBuilder(name, "VGG");
    g.initialize(Vgg::init);
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    long in = image.channels();
    int layer = 0;
    for (int group = 0; group < CHANNELS.size(); group++) {
      long out = CHANNELS.get(group);
      for (int i = 0; i < convolutions.get(group); i++) {
        x = g.conv2d("features." + layer++, x, Conv.of(in, out, 3).padding(1));
        if (batchNorm) {
          x = g.batchNorm2d("features." + layer++, x, out);
        }
        x = g.reluInPlace("features." + layer++, x);
        in = out;
      }
      x = g.maxPool2d("features." + layer++, x, 2, 2, 0);
    }
    x = g.flatten(g.adaptiveAvgPool2d("avgpool", x, POOLED));
    x = g.reluInPlace("classifier.1", g.linear("classifier.0", x, in * POOLED * POOLED, WIDTH));
    x = g.dropout("classifier.2", x, 0.5);
    x = g.reluInPlace("classifier.4", g.linear("classifier.3", x, WIDTH, WIDTH));
    x = g.dropout("classifier.5", x, 0.5);
    return g.build(g.linear("classifier.6", x, WIDTH, classes));
  }

  private static Init init(String parameter, long[] shape, Init standard) {
    return switch (parameter) {
      case "Conv2d.weight" -> Init.kaimingNormalFanOut(shape);
      case "Linear.weight" -> new Init.Normal(0.01);
      case "Conv2d.bias", "Linear.bias" -> Init.zeros();
      default -> standard;
    };
  }
}
