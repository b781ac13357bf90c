package dev.headroom.ledger;

/** What a block of memory is for. Every live block has exactly one. */
public enum Category {
  /** Weights and biases. */
  PARAMETER,
  /** State that is not trained, such as running statistics. */
  BUFFER,
  /** What backward leaves in {@code .grad}. */
  GRADIENT,
  /** What the optimizer keeps from step to step. */
  OPTIMIZER_STATE,
  /** The batch: x and y. */
  INPUT,
  /** Intermediate results that autograd keeps for backward. */
  ACTIVATION,
  /** Dies inside the iteration without being kept for backward. */
  TEMPORARY,
  /** Scratch of cuBLAS, cuDNN and their like. */
  WORKSPACE
}
