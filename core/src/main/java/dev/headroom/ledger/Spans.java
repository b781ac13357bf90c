package dev.headroom.ledger;

import dev.headroom.graph.Node;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Spans in order, column by column: a deep network has hundreds of thousands, each read for one of
 * its fields millions of times.
 */
final class Spans {
  private int[] iterations;
  private Phase[] phases;
  private @Nullable Node[] nodes;
  private String[] works;
  private int size;

  Spans() {
    this(new int[64], new Phase[64], new Node[64], new String[64], 0);
  }

  private Spans(
      int[] iterations, Phase[] phases, @Nullable Node[] nodes, String[] works, int size) {
    this.iterations = iterations;
    this.phases = phases;
    this.nodes = nodes;
    this.works = works;
    this.size = size;
  }

  /** As it is now; what is added later does not show. */
  Spans copy() {
    return new Spans(
        Arrays.copyOf(iterations, size),
        Arrays.copyOf(phases, size),
        Arrays.copyOf(nodes, size),
        Arrays.copyOf(works, size),
        size);
  }

  void add(int iteration, Phase phase, @Nullable Node node, String work) {
    if (size == iterations.length) {
      int more = 2 * size;
      iterations = Arrays.copyOf(iterations, more);
      phases = Arrays.copyOf(phases, more);
      nodes = Arrays.copyOf(nodes, more);
      works = Arrays.copyOf(works, more);
    }
    iterations[size] = iteration;
    phases[size] = phase;
    nodes[size] = node;
    works[size] = work;
    size++;
  }

  int size() {
    return size;
  }

  int iteration(int span) {
    return iterations[span];
  }

  Phase phase(int span) {
    return phases[span];
  }

  Ledger.Span get(int span) {
    return new Ledger.Span(iterations[span], phases[span], nodes[span], works[span]);
  }
}
