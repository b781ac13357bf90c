package dev.headroom.graph;

/**
 * {@code F.multi_head_attention_forward} of a sequence with itself, without weights to return
 * ({@code torch/nn/functional.py}). It works on (length, batch, width), so a batch-first input is
 * transposed on the way in and out.
 */
final class SelfAttention {
  private final GraphBuilder g;
  private final Argument batch;
  private final long length;
  private final long width;
  private final long heads;

  SelfAttention(GraphBuilder g, Argument batch, long length, long width, long heads) {
    if (width % heads != 0) {
      throw new IllegalArgumentException(heads + " heads do not divide a width of " + width);
    }
    this.g = g;
    this.batch = batch;
    this.length = length;
    this.width = width;
    this.heads = heads;
  }

  String write(String x) {
    String sequenceFirst = g.transpose(x, 1, 0);
    String weight =
        g.parameter("in_proj_weight", Init.xavierUniform(3 * width, width), 3 * width, width);
    String bias = g.parameter("in_proj_bias", Init.zeros(), 3 * width);
    String packed = linear(sequenceFirst, weight, bias);

    // One contiguous copy holds query, key and value, one after the other.
    packed = g.unsqueeze(g.unflatten(packed, -1, 3, width), 0);
    packed = g.contiguous(g.squeeze(g.transpose(packed, 0, -2), -2));
    String[] parts = new String[3];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = g.select(packed, 0, i);
    }
    Argument headsOfBatch = g.times(batch, heads);
    for (int i = 0; i < parts.length; i++) {
      String split = g.view(parts[i], g.size(length), headsOfBatch, g.size(width / heads));
      parts[i] = g.transpose(split, 0, 1);
    }
    for (int i = 0; i < parts.length; i++) {
      parts[i] = g.view(parts[i], batch, g.size(heads), g.size(length), g.size(width / heads));
    }

    String y = g.permute(g.attention(parts[0], parts[1], parts[2], false), 2, 0, 1, 3);
    y = g.view(y, g.times(batch, length), g.size(width));
    String outWeight = g.parameter("out_proj.weight", Init.defaultUniform(width), width, width);
    String outBias = g.parameter("out_proj.bias", Init.zeros(), width);
    y = linear(y, outWeight, outBias);
    return g.transpose(g.view(y, g.size(length), batch, g.size(width)), 1, 0);
  }

  private String linear(String x, String weight, String bias) {
    return g.call(
        "aten.linear.default", Argument.tensor(x), Argument.tensor(weight), Argument.tensor(bias));
  }
}
