package dev.headroom.paper;

import dev.headroom.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * A tensor without values: type, storage, and its place in the autograd graph. Counts its
 * references as {@code c10::TensorImpl} does.
 */
public final class PaperTensor {
  final Storage storage;
  final TensorType type;
  int refs = 1;
  boolean leafRequiresGrad;
  boolean wrappedNumber;
  @Nullable GradNode gradFn;
  int outputNumber;
  @Nullable GradNode accumulator;
  @Nullable PaperTensor grad;

  /** For a view: the tensor that owns the storage, which the view keeps alive. */
  @Nullable PaperTensor base;

  /**
   * For a base: how often an in-place operator wrote into it or one of its views. For a view: the
   * base's count when {@link #gradFn} was made.
   */
  int rewrites;

  PaperTensor(Storage storage, TensorType type) {
    this.storage = storage;
    this.type = type;
    storage.refs++;
  }

  /** Sizes, strides and element type. */
  public TensorType type() {
    return type;
  }

  /** Whether gradients flow to or through this tensor. */
  public boolean requiresGrad() {
    return leafRequiresGrad || gradFn != null || (base != null && base.gradFn != null && stale());
  }

  /**
   * What {@code requires_grad} says: a view of a trained leaf says yes even where nothing is
   * recorded ({@code torch/csrc/autograd/variable.h}, DifferentiableViewMeta).
   */
  public boolean saysRequiresGrad() {
    return requiresGrad() || (base != null && base.leafRequiresGrad);
  }

  /** Whether it is a parameter or another leaf that collects a gradient. */
  public boolean isTrainedLeaf() {
    return leafRequiresGrad && gradFn == null && base == null;
  }

  /** Whether it is a Python number that was wrapped into a tensor: weak in type promotion. */
  public boolean isWrappedNumber() {
    return wrappedNumber;
  }

  /** Whether it looks at another tensor's storage. */
  public boolean isView() {
    return base != null;
  }

  /** Whether two tensors look at the same storage. */
  public boolean sharesStorageWith(PaperTensor other) {
    return storage == other.storage;
  }

  /** Whether something wrote into the base after this view's history was recorded. */
  boolean stale() {
    return base != null && base.rewrites != rewrites;
  }

  @Override
  public String toString() {
    return type.toString();
  }
}
