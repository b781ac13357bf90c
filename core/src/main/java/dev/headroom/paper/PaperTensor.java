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
  @Nullable GradNode gradFn;
  int outputNumber;
  @Nullable GradNode accumulator;
  @Nullable PaperTensor grad;

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
    return leafRequiresGrad || gradFn != null;
  }

  @Override
  public String toString() {
    return type.toString();
  }
}
