package dev.headroom.zoo;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.tensor.DType;
import java.util.List;

/**
 * A decoder-only transformer (Radford et al. 2019): token and position embeddings, blocks of causal
 * self-attention and a four times wider layer, normalised before each, logits for every position.
 *
 * @param layers blocks
 * @param width of the embedding
 * @param heads of each attention; they divide the width
 * @param vocabulary tokens that there are
 * @param sequence tokens of a sample
 * @param tied whether the last layer's weight is the token embedding's
 */
public record Gpt(
    long layers, long width, long heads, long vocabulary, long sequence, boolean tied) {
  /**
   * Checks the sizes.
   *
   * @throws ZooException if the heads do not divide the width
   */
  public Gpt {
    if (width % heads != 0) {
      throw new ZooException(
          heads + " heads do not divide a width of " + width,
          "Make --width a multiple of --heads.");
    }
  }

  /** Builds it: (B, sequence) tokens to (B, sequence, vocabulary). */
  public Graph build() {
    GraphBuilder g = new GraphBuilder("gpt", "GPT");
    String tokens = g.input("idx", DType.INT64, sequence);
    Argument batch = g.batch(tokens);
    String x = g.embedding("tok", tokens, vocabulary, width);
    x = g.add(x, g.embedding("pos", g.arange(sequence), sequence, width));
    for (int i = 0; i < layers; i++) {
      x = g.module("blocks." + i, "GPTBlock", x, in -> block(g, batch, in));
    }
    x = g.layerNorm("ln", x, width);
    return g.build(
        tied
            ? g.module("head", "Linear", x, in -> g.linear(in, g.tie("weight", "tok.weight")))
            : g.linear("head", x, width, vocabulary, false));
  }

  private String block(GraphBuilder g, Argument batch, String x) {
    String qkv = g.linear("qkv", g.layerNorm("ln1", x, width), width, 3 * width);
    List<String> heads =
        g.split(qkv, width, 2, 3).stream().map(part -> heads(g, batch, part)).toList();
    String y = g.attention(heads.get(0), heads.get(1), heads.get(2), true);
    y = g.view(g.transpose(y, 1, 2), batch, g.size(sequence), g.size(width));
    String middle = g.add(x, g.linear("proj", y, width, width));
    String wide = g.linear("fc", g.layerNorm("ln2", middle, width), width, 4 * width);
    return g.add(middle, g.linear("out", g.gelu("act", wide), 4 * width, width));
  }

  /** (B, T, width) to (B, heads, T, width / heads). */
  private String heads(GraphBuilder g, Argument batch, String x) {
    return g.transpose(
        g.view(x, batch, g.size(sequence), g.size(heads), g.size(width / heads)), 1, 2);
  }
}
