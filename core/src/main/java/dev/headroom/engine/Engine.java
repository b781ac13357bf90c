package dev.headroom.engine;

import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Phase;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs ATen calls with automatic differentiation: on paper ({@code PaperEngine}) or on libtorch.
 * The training loop and the optimizers are written once against this interface, so that prediction
 * and measurement drop each reference at the same moment.
 *
 * <p>A handle {@code T} is one reference to a tensor, as a Python variable is. Every handle that a
 * method returns belongs to the caller, who gives it back with {@link #release}. Storage dies with
 * its last reference, whoever holds it (handles, views, autograd).
 *
 * @param <T> handle to a tensor
 */
public interface Engine<T> {

  /**
   * Calls one ATen overload.
   *
   * @param op name as torch.export writes it, such as {@code aten.linear.default}
   * @param args positional arguments, defaults at the end may be left out: a handle, a {@code List}
   *     of handles (null where the schema says {@code Tensor?[]}), {@link Long}, {@link Double},
   *     {@link Boolean}, {@link String}, lists of these by the operator's schema, {@code DType},
   *     {@code MemoryFormat}, {@code Argument.OfDevice} (the engine's own device is meant), or
   *     null. A number where the schema wants a tensor is wrapped into a 0-dimensional tensor of 8
   *     bytes first, as PyTorch's Python binding does, and dropped after the call.
   * @return its results in order; an in-place operator returns a new handle to its own input
   */
  List<T> call(String op, @Nullable Object... args);

  /**
   * As above, with further arguments by name. It serves operators whose signature only the engine
   * knows; where the signature is known, arguments come by position.
   *
   * @throws UnsupportedOperatorException if this engine does not know the signature
   */
  default List<T> call(
      String op, List<@Nullable Object> args, Map<String, @Nullable Object> keywords) {
    if (!keywords.isEmpty()) {
      throw new UnsupportedOperatorException(op);
    }
    return call(op, args.toArray());
  }

  /** Drops a handle. */
  void release(T tensor);

  /** A new uninitialised tensor that does not take part in differentiation. */
  T empty(TensorType type, Category category);

  /**
   * A new uninitialised tensor whose storage no ledger counts: a constant that the exporter lifted
   * out of the code.
   */
  T constant(TensorType type);

  /**
   * A new tensor on the storage of another, not differentiable with respect to it.
   *
   * @param offset elements of the base before the view's first
   */
  T view(T base, TensorType type, long offset);

  /** Says what the storage behind a handle is for. */
  void tag(T tensor, Category category);

  /** Makes a leaf whose gradient backward computes. */
  void requireGrad(T leaf);

  /** Type of the tensor behind a handle. */
  TensorType type(T tensor);

  /** Runs backward from a scalar, then frees the graph. */
  void backward(T loss);

  /**
   * The same while the caller still holds the network's output: an engine that learns from what
   * dies in backward what was kept for it has to look at that tensor by itself.
   */
  default void backward(T loss, @Nullable T output) {
    backward(loss);
  }

  /**
   * A new handle to a leaf's gradient, whose storage then is known to be one; null if it has none.
   */
  @Nullable T grad(T leaf);

  /** Drops a leaf's gradient, as {@code zero_grad(set_to_none=True)} does. */
  void clearGrad(T leaf);

  /** Whether calls from here on are recorded for backward (torch.no_grad is false). */
  void setGradEnabled(boolean enabled);

  /** Whether they are. */
  boolean isGradEnabled();

  /** Turns autocast off for a while, with the casts of weights kept, or back on if it was. */
  void suspendAutocast(boolean suspended);

  /**
   * Turns mixed precision on or off (torch.autocast): calls that gain from it run in the given
   * type, with weights cast once until it is turned off.
   *
   * @param dtype bfloat16 or float16; null turns it off and drops the casts
   */
  void setAutocast(@Nullable DType dtype);

  /**
   * Says that calls from here on work on tensors in the CPU's memory, whatever the backend, or no
   * longer do so; on the CPU it changes nothing.
   */
  default void onHost(boolean on) {}

  /** Begins a phase; iteration counts from 1, set-up is 0. */
  void phase(int iteration, Phase phase);

  /** Says which node of the graph the next calls belong to; null for none. */
  void at(@Nullable Node node);
}
