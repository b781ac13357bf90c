package dev.headroom.paper;

import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node of the autograd graph: what to do when the gradient of a result arrives. */
public final class GradNode {
  /** Computes gradients of the inputs from the gradient of the result. */
  @FunctionalInterface
  public interface Backward {
    /**
     * Returns one owned gradient per input; null where none is needed or none exists.
     *
     * @param engine where allocations go
     * @param node the node itself, for saved tensors and for {@link #needs}
     * @param grad gradients of the results, borrowed; null for a result that nobody used
     */
    @Nullable PaperTensor[] apply(PaperEngine engine, GradNode node, @Nullable PaperTensor[] grad);
  }

  final String name;
  final long sequence;
  final @Nullable Node source;
  final Backward backward;
  final @Nullable GradNode[] next;
  final int[] nextInput;
  final List<PaperTensor> saved = new ArrayList<>();
  final int results;
  int refs;

  /** For an accumulator: the leaf whose gradient it collects. */
  @Nullable PaperTensor leaf;

  GradNode(
      String name,
      long sequence,
      @Nullable Node source,
      int inputs,
      int results,
      Backward backward) {
    this.name = name;
    this.sequence = sequence;
    this.source = source;
    this.backward = backward;
    this.next = new GradNode[inputs];
    this.nextInput = new int[inputs];
    this.results = results;
  }

  /** Whether a gradient is wanted for an input. */
  public boolean needs(int input) {
    return next[input] != null;
  }

  /** A tensor kept at forward time; borrowed. */
  public PaperTensor saved(int index) {
    return saved.get(index);
  }
}
