package dev.headroom.paper;

import dev.headroom.graph.Node;
import dev.headroom.tensor.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A node of the autograd graph: what to do when the gradient of a result arrives. */
public final class GradNode {
  /** Computes gradients of the inputs from the gradient of the result. */
  @FunctionalInterface
  public interface Backward {
    /**
     * Returns one owned gradient per input; null where none is needed or none exists. A gradient
     * may be larger than its input (broadcast) or of another element type: the engine sums and
     * casts it, as PyTorch's does.
     *
     * @param engine where allocations go
     * @param node the node itself, for saved tensors and for {@link #needs}
     * @param grad gradients of the results, borrowed; null for a result that nobody used
     */
    @Nullable PaperTensor[] apply(PaperEngine engine, GradNode node, @Nullable PaperTensor[] grad);
  }

  private static final PaperTensor[] NOTHING = {};
  private static final GradNode[] NO_EDGES = {};
  private static final int[] NO_INPUTS = {};

  final String name;
  final long sequence;
  final @Nullable Node source;
  final Backward backward;
  final @Nullable GradNode[] next;
  final int[] nextInput;
  final @Nullable TensorType[] resultTypes;
  private PaperTensor[] saved = NOTHING;
  private int savedCount;
  int refs;

  /** Edges of this node's results that a running backward pass still waits for. */
  int waiting;

  /** Gradients of the results that have arrived in a running backward pass. */
  @Nullable PaperTensor @Nullable [] arrived;

  /** For an accumulator: the leaf whose gradient it collects. */
  @Nullable PaperTensor leaf;

  /** For CopySlices: what was done to the view; it lets go of what it saved together with this. */
  @Nullable GradNode inner;

  /** The checkpointed region that will compute what this node saved, and which of its saves. */
  @Nullable Recomputation region;

  /** For a node of a region: index of its first save there. */
  int firstSave;

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
    this.next = inputs == 0 ? NO_EDGES : new GradNode[inputs];
    this.nextInput = inputs == 0 ? NO_INPUTS : new int[inputs];
    this.resultTypes = new TensorType[results];
  }

  /** Whether a gradient is wanted for an input. */
  public boolean needs(int input) {
    return next[input] != null;
  }

  /** How many differentiable inputs it has. */
  public int inputs() {
    return next.length;
  }

  /** A tensor kept at forward time; borrowed. */
  public PaperTensor saved(int index) {
    return saved[index];
  }

  /** How many tensors it keeps. */
  int savedCount() {
    return savedCount;
  }

  void save(PaperTensor owned) {
    if (savedCount == saved.length) {
      saved = Arrays.copyOf(saved, savedCount + (savedCount == 0 ? 2 : savedCount));
    }
    saved[savedCount++] = owned;
  }

  void forgetSaved() {
    saved = NOTHING;
    savedCount = 0;
  }

  @Override
  public String toString() {
    return name;
  }
}
