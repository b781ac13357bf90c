package dev.headroom.zoo;

import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;
import java.util.List;

/**
 * Residual networks (He et al. 2015) as torchvision has them: a stem that quarters the image, four
 * stages of blocks whose output is added to their input, average pooling, one linear layer.
 * Bottleneck blocks put their stride into the 3x3 convolution (v1.5).
 */
public final class ResNet {
  private static final long STEM = 64;

  private final GraphBuilder g;
  private final boolean bottleneck;

  /** Channels that the next block is given. */
  private long channels = STEM;

  private ResNet(GraphBuilder g, boolean bottleneck) {
    this.g = g;
    this.bottleneck = bottleneck;
  }

  /** Two 3x3 convolutions per block: resnet18 and resnet34. */
  public static Graph basic(String name, List<Integer> blocks, Image image, int classes) {
    return new ResNet(new GraphBuilder(name, "ResNet"), false).build(blocks, image, classes);
  }

  /** A 3x3 convolution between two 1x1 per block: resnet50, 101 and 152. */
  public static Graph bottleneck(String name, List<Integer> blocks, Image image, int classes) {
    return new ResNet(new GraphBuilder(name, "ResNet"), true).build(blocks, image, classes);
  }

  private Graph build(List<Integer> blocks, Image image, int classes) {
    g.initialize(ResNet::init);
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    x = g.conv2d("conv1", x, Conv.of(image.channels(), STEM, 7).stride(2).padding(3).noBias());
    x = g.reluInPlace("relu", g.batchNorm2d("bn1", x, STEM));
    x = g.maxPool2d("maxpool", x, 3, 2, 1);
    for (int stage = 0; stage < blocks.size(); stage++) {
      long width = STEM << stage;
      for (int i = 0; i < blocks.get(stage); i++) {
        long stride = stage > 0 && i == 0 ? 2 : 1;
        String path = "layer" + (stage + 1) + "." + i;
        x =
            bottleneck
                ? g.module(path, "Bottleneck", x, in -> bottleneckBlock(in, width, stride))
                : g.module(path, "BasicBlock", x, in -> basicBlock(in, width, stride));
      }
    }
    x = g.flatten(g.adaptiveAvgPool2d("avgpool", x, 1));
    return g.build(g.linear("fc", x, channels, classes));
  }

  private String basicBlock(String x, long width, long stride) {
    String out = g.conv2d("conv1", x, conv3x3(channels, width, stride));
    out = g.reluInPlace("relu", g.batchNorm2d("bn1", out, width));
    out = g.conv2d("conv2", out, conv3x3(width, width, 1));
    out = g.batchNorm2d("bn2", out, width);
    return addShortcut(out, x, width, stride);
  }

  private String bottleneckBlock(String x, long width, long stride) {
    String out = g.conv2d("conv1", x, conv1x1(channels, width, 1));
    out = g.reluInPlace("relu", g.batchNorm2d("bn1", out, width));
    out = g.conv2d("conv2", out, conv3x3(width, width, stride));
    out = g.reluInPlace("relu", g.batchNorm2d("bn2", out, width));
    out = g.conv2d("conv3", out, conv1x1(width, 4 * width, 1));
    out = g.batchNorm2d("bn3", out, 4 * width);
    return addShortcut(out, x, 4 * width, stride);
  }

  /** {@code out += x}, x brought to the same shape first; the sum overwrites the block's output. */
  private String addShortcut(String out, String x, long width, long stride) {
    String shortcut = x;
    if (stride != 1 || channels != width) {
      shortcut = g.conv2d("downsample.0", x, conv1x1(channels, width, stride));
      shortcut = g.batchNorm2d("downsample.1", shortcut, width);
    }
    channels = width;
    return g.reluInPlace("relu", g.addInPlace(out, shortcut));
  }

  private static Conv conv3x3(long in, long out, long stride) {
    return Conv.of(in, out, 3).stride(stride).padding(1).noBias();
  }

  private static Conv conv1x1(long in, long out, long stride) {
    return Conv.of(in, out, 1).stride(stride).noBias();
  }

  private static Init init(String parameter, long[] shape, Init standard) {
    return parameter.equals("Conv2d.weight") ? Init.kaimingNormalFanOut(shape) : standard;
  }
}
