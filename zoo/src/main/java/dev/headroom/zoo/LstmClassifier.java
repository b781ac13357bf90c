package dev.headroom.zoo;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.tensor.DType;

/** Reads a sequence of tokens with an LSTM and classifies by its last state. */
public final class LstmClassifier {
  private static final long EMBEDDING = 64;

  private LstmClassifier() {}

  /**
   * Builds it.
   *
   * @param vocabulary tokens that there are
   * @param sequence tokens of a sample
   * @param hidden width of the LSTM's state
   */
  public static Graph build(long vocabulary, long sequence, long hidden, long classes) {
    GraphBuilder g = new GraphBuilder("lstm", "LSTMClassifier");
    String tokens = g.input(DType.INT64, sequence);
    Argument batch = g.batch(tokens);
    String x = g.embedding("emb", tokens, vocabulary, EMBEDDING);
    x = g.lstm("lstm", x, batch, EMBEDDING, hidden);
    return g.build(g.linear("fc", g.selectOfEachSample(x, -1), hidden, classes));
  }
}
