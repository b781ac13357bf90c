package dev.headroom.graph;

/** How a fresh parameter or buffer is filled, as the module's {@code reset_parameters} does. */
public sealed interface Init {
  /** Every element the same. */
  record Constant(double value) implements Init {}

  /** Uniform between -bound and bound. */
  record Uniform(double bound) implements Init {}

  /** Normal with mean 0. */
  record Normal(double std) implements Init {}
}
