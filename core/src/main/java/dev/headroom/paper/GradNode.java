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
  private static final TensorType[] NO_TYPES = {};

  final String name;
  final long sequence;
  final @Nullable Node source;
  final Backward backward;
  final @Nullable GradNode[] next;

  /** Which result of the next node each edge leads to; null while all are the first. */
  private int @Nullable [] nextInput;

  /** What the gradient along each edge has to look like: the type of the forward's input. */
  final @Nullable TensorType[] gradTypes;

  final int results;
  private PaperTensor[] saved = NOTHING;
  private int savedCount;
  int refs;

  /** Edges that lead to one of its results, from all nodes there are. */
  int edges;

  /** Of a backward pass that reaches only a part of them: those it still waits for. */
  int waiting;

  /** Whether nothing refers to it any more. */
  boolean gone;

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
    this.gradTypes = inputs == 0 ? NO_TYPES : new TensorType[inputs];
    this.results = results;
  }

  /** Which result of the next node an edge leads to. */
  int nextInput(int input) {
    return nextInput == null ? 0 : nextInput[input];
  }

  /** Makes an edge, as the caller counts it. */
  void lead(int input, GradNode to, int result, @Nullable TensorType type) {
    next[input] = to;
    gradTypes[input] = type;
    if (result != 0) {
      if (nextInput == null) {
        nextInput = new int[next.length];
      }
      nextInput[input] = result;
    }
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
