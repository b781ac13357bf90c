package dev.headroom.zoo;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Conv;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;

/**
 * Vision Transformer (Dosovitskiy et al. 2020) as torchvision has it: an image cut into square
 * patches is a sequence, with one more token in front that is classified in the end.
 *
 * @param name such as {@code vit_b_16}
 * @param patch side of a patch
 * @param layers blocks of the encoder
 * @param heads of each attention
 * @param width of the sequence; four times as much inside a block
 */
public record Vit(String name, long patch, long layers, long heads, long width) {
  private static final double EPS = 1e-6;
  private static final double NO_DROPOUT = 0;

  /**
   * Builds it.
   *
   * @param image square, its side a multiple of the patch's
   */
  public Graph build(Image image, int classes) {
    if (image.height() != image.width() || image.height() % patch != 0) {
      throw new ZooException(
          name + " cuts square images into patches of " + patch + "x" + patch + ", not " + image,
          "Give an --input whose sides are equal and a multiple of " + patch + ".");
    }
    long side = image.height() / patch;
    long length = side * side + 1;
    GraphBuilder g = new GraphBuilder(name, "VisionTransformer");
    g.initialize(Vit::init);
    String x = g.input(DType.FLOAT32, image.channels(), image.height(), image.width());
    Argument batch = g.batch(x);
    String classToken = g.parameter("class_token", Init.zeros(), 1, 1, width);
    x = g.conv2d("conv_proj", x, Conv.of(image.channels(), width, patch).stride(patch));
    x = g.permute(g.reshape(x, batch, g.size(width), g.size(side * side)), 0, 2, 1);
    x = g.cat(1, g.expand(classToken, batch, g.size(-1), g.size(-1)), x);
    x = g.module("encoder", "Encoder", x, in -> encoder(g, batch, length, in));
    g.initialize((parameter, shape, standard) -> Init.zeros());
    return g.build(g.linear("heads.head", g.selectOfEachSample(x, 0), width, classes));
  }

  private String encoder(GraphBuilder g, Argument batch, long length, String sequence) {
    String position = g.parameter("pos_embedding", new Init.Normal(0.02), 1, length, width);
    String x = g.dropout("dropout", g.add(sequence, position), NO_DROPOUT);
    for (int i = 0; i < layers; i++) {
      String path = "layers.encoder_layer_" + i;
      x = g.module(path, "EncoderBlock", x, in -> block(g, batch, length, in));
    }
    return g.layerNorm("ln", x, width, EPS);
  }

  private String block(GraphBuilder g, Argument batch, long length, String in) {
    String x = g.layerNorm("ln_1", in, width, EPS);
    x = g.multiheadAttention("self_attention", x, batch, length, width, heads);
    x = g.add(g.dropout("dropout", x, NO_DROPOUT), in);
    String y = g.layerNorm("ln_2", x, width, EPS);
    y = g.gelu("mlp.1", g.linear("mlp.0", y, width, 4 * width));
    y = g.dropout("mlp.2", y, NO_DROPOUT);
    y = g.dropout("mlp.4", g.linear("mlp.3", y, 4 * width, width), NO_DROPOUT);
    return g.add(x, y);
  }

  private static Init init(String parameter, long[] shape, Init standard) {
    return switch (parameter) {
      case "Conv2d.weight" ->
          Init.truncatedNormal(Math.sqrt(1.0 / (shape[1] * shape[2] * shape[3])));
      case "Conv2d.bias" -> Init.zeros();
      case "Linear.weight" -> Init.xavierUniform(shape[0], shape[1]);
      case "Linear.bias" -> new Init.Normal(1e-6);
      default -> standard;
    };
  }
}
