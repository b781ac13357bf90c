package dev.headroom.zoo;

import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;

/**
 * MobileNetV2 (Sandler et al. 2018) as torchvision has it: inverted residual blocks, which widen
 * their input with 1x1 windows, filter each channel by itself, and narrow the result again.
 */
public final class MobileNetV2 {
  private static final long STEM = 32;
  private static final long LAST = 1280;

  /** A row of the paper's table: blocks of the same width, the first of which may take a stride. */
  private record Stage(long expand, long channels, int blocks, long stride) {}

  private static final Stage[] STAGES = {
    new Stage(1, 16, 1, 1),
    new Stage(6, 24, 2, 2),
    new Stage(6, 32, 3, 2),
    new Stage(6, 64, 4, 2),
    new Stage(6, 96, 3, 1),
    new Stage(6, 160, 3, 2),
    new Stage(6, 320, 1, 1)
  };

  private final GraphBuilder g = new GraphBuilder("mobilenet_v2", "MobileNetV2");

  private MobileNetV2() {}

  /** Builds it. */
  public static Graph build(Image image, int classes) {
    return new MobileNetV2().network(image, classes);
  }

  private Graph network(Image image, int classes) {
    g.initialize(MobileNetV2::init);
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    x = convNormRelu6("features.0", x, Conv.of(image.channels(), STEM, 3).stride(2).padding(1));
    long in = STEM;
    int feature = 1;
    for (Stage stage : STAGES) {
      for (int i = 0; i < stage.blocks(); i++) {
        long from = in;
        long stride = i == 0 ? stage.stride() : 1;
        x =
            g.module(
                "features." + feature++,
                "InvertedResidual",
                x,
                given -> block(given, from, stage.channels(), stage.expand(), stride));
        in = stage.channels();
      }
    }
    x = convNormRelu6("features." + feature, x, Conv.of(in, LAST, 1));
    x = g.flatten(g.adaptiveAvgPool2d(x, 1));
    x = g.dropout("classifier.0", x, 0.2);
    return g.build(g.linear("classifier.1", x, LAST, classes));
  }

  private String block(String x, long in, long out, long expand, long stride) {
    long hidden = in * expand;
    int layer = 0;
    String y = x;
    if (expand != 1) {
      y = convNormRelu6("conv." + layer++, y, Conv.of(in, hidden, 1));
    }
    Conv depthwise = Conv.of(hidden, hidden, 3).stride(stride).padding(1).groups(hidden);
    y = convNormRelu6("conv." + layer++, y, depthwise);
    y = g.conv2d("conv." + layer++, y, Conv.of(hidden, out, 1).noBias());
    y = g.batchNorm2d("conv." + layer, y, out);
    return stride == 1 && in == out ? g.add(x, y) : y;
  }

  private String convNormRelu6(String path, String x, Conv conv) {
    String y = g.conv2d(path + ".0", x, conv.noBias());
    return g.relu6InPlace(path + ".2", g.batchNorm2d(path + ".1", y, conv.out()));
  }

  private static Init init(String parameter, long[] shape, Init standard) {
    return switch (parameter) {
      case "Conv2d.weight" -> Init.kaimingNormalFanOut(shape);
      case "Linear.weight" -> new Init.Normal(0.01);
      case "Linear.bias" -> Init.zeros();
      default -> standard;
    };
  }
}
