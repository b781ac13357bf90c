package dev.headroom.zoo;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;
import java.util.List;

/**
 * ConvNeXt (Liu et al. 2022) as torchvision has it: four stages of blocks with a depthwise 7x7
 * convolution and a four times wider layer. While training, a block is left out at random for some
 * samples, the later ones more often (stochastic depth).
 *
 * @param name such as {@code convnext_tiny}
 * @param width channels of the first stage; each further one has twice as many
 * @param blocks of the four stages
 * @param dropped share of the samples that leave the last block out
 */
public record ConvNext(String name, long width, List<Integer> blocks, double dropped) {
  private static final double EPS = 1e-6;
  private static final double LAYER_SCALE = 1e-6;

  public ConvNext {
    blocks = List.copyOf(blocks);
  }

  /** Builds it; images of at least 32 x 32. */
  public Graph build(Image image, int classes) {
    image.atLeast(name, 32);
    GraphBuilder g = new GraphBuilder(name, "ConvNeXt");
    g.initialize(ConvNext::init);
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    Argument batch = g.batch(x);
    x = g.conv2d("features.0.0", x, Conv.of(image.channels(), width, 4).stride(4));
    x = layerNorm2d(g, "features.0.1", x, width);
    double total = blocks.stream().mapToInt(Integer::intValue).sum();
    int block = 0;
    long channels = width;
    for (int stage = 0; stage < blocks.size(); stage++) {
      if (stage > 0) {
        x = layerNorm2d(g, "features." + 2 * stage + ".0", x, channels);
        Conv halve = Conv.of(channels, 2 * channels, 2).stride(2);
        x = g.conv2d("features." + 2 * stage + ".1", x, halve);
        channels *= 2;
      }
      for (int i = 0; i < blocks.get(stage); i++) {
        String path = "features." + (2 * stage + 1) + "." + i;
        double p = dropped * block++ / (total - 1);
        long here = channels;
        x = g.module(path, "CNBlock", x, in -> block(g, batch, here, p, in));
      }
    }
    x = layerNorm2d(g, "classifier.0", g.adaptiveAvgPool2d("avgpool", x, 1), channels);
    return g.build(g.linear("classifier.2", g.flatten("classifier.1", x), channels, classes));
  }

  private static String block(GraphBuilder g, Argument batch, long channels, double p, String in) {
    String scale = g.parameter("layer_scale", new Init.Constant(LAYER_SCALE), channels, 1, 1);
    String x = g.conv2d("block.0", in, Conv.of(channels, channels, 7).padding(3).groups(channels));
    x = g.module("block.1", "Permute", x, y -> g.permute(y, 0, 2, 3, 1));
    x = g.layerNorm("block.2", x, channels, EPS);
    x = g.gelu("block.4", g.linear("block.3", x, channels, 4 * channels));
    x = g.linear("block.5", x, 4 * channels, channels);
    x = g.module("block.6", "Permute", x, y -> g.permute(y, 0, 3, 1, 2));
    x = g.mul(scale, x);
    if (p > 0) {
      x = g.module("stochastic_depth", "StochasticDepth", x, y -> keepRows(g, batch, p, y));
    }
    return g.addInPlace(x, in);
  }

  /**
   * {@code torchvision.ops.stochastic_depth} by rows: whole samples become 0 with probability p.
   */
  private static String keepRows(GraphBuilder g, Argument batch, double p, String x) {
    String noise = g.empty(batch, g.size(1), g.size(1), g.size(1));
    noise =
        g.call(
            "aten.bernoulli_.float",
            List.of(Argument.tensor(noise)),
            List.of(Argument.of(1 - p)),
            List.of(Argument.of(0.5)));
    return g.mul(x, g.call("aten.div_.Tensor", Argument.tensor(noise), Argument.of(1 - p)));
  }

  /** A LayerNorm over the channels of (B, C, H, W). */
  private static String layerNorm2d(GraphBuilder g, String path, String x, long channels) {
    return g.module(
        path,
        "LayerNorm2d",
        x,
        in -> g.permute(g.layerNorm(g.permute(in, 0, 2, 3, 1), channels, EPS), 0, 3, 1, 2));
  }

  private static Init init(String parameter, long[] shape, Init standard) {
    return switch (parameter) {
      case "Conv2d.weight", "Linear.weight" -> Init.truncatedNormal(0.02);
      case "Conv2d.bias", "Linear.bias" -> Init.zeros();
      default -> standard;
    };
  }
}
