package dev.headroom.graph;

import java.util.random.RandomGenerator;

/**
 * How a fresh parameter or buffer is filled, as the module's {@code reset_parameters} or the
 * network's own constructor does ({@code torch/nn/init.py}).
 */
public sealed interface Init {
  /** Every element the same. */
  record Constant(double value) implements Init {}

  /** Uniform between -bound and bound. */
  record Uniform(double bound) implements Init {}

  /** Normal with mean 0. */
  record Normal(double std) implements Init {}

  /**
   * Normal with mean 0, drawn again while outside -bound to bound. torch's {@code trunc_normal_}
   * cuts at 2 whatever the deviation is.
   */
  record TruncatedNormal(double std, double bound) implements Init {}

  /** All zeros. */
  static Init zeros() {
    return new Constant(0);
  }

  /** All ones. */
  static Init ones() {
    return new Constant(1);
  }

  /** {@code kaiming_normal_(mode="fan_out", nonlinearity="relu")} for a convolution's weight. */
  static Init kaimingNormalFanOut(long... shape) {
    return new Normal(Math.sqrt(2.0 / (shape[0] * receptiveField(shape))));
  }

  /**
   * {@code kaiming_uniform_(a=sqrt(5))}, the default of linear layers and convolutions: the bound
   * is {@code 1/sqrt(fan_in)}, for their bias too.
   */
  static Init defaultUniform(long fanIn) {
    return new Uniform(1 / Math.sqrt((double) fanIn));
  }

  /** {@code xavier_uniform_} for a matrix. */
  static Init xavierUniform(long out, long in) {
    return new Uniform(Math.sqrt(6.0 / (in + out)));
  }

  /** {@code trunc_normal_}: cut at -2 and 2. */
  static Init truncatedNormal(double std) {
    return new TruncatedNormal(std, 2);
  }

  /** Draws one element. */
  default double next(RandomGenerator random) {
    return switch (this) {
      case Constant c -> c.value();
      case Uniform u -> (random.nextDouble() * 2 - 1) * u.bound();
      case Normal n -> random.nextGaussian() * n.std();
      case TruncatedNormal t -> {
        double value;
        do {
          value = random.nextGaussian() * t.std();
        } while (Math.abs(value) > t.bound());
        yield value;
      }
    };
  }

  private static long receptiveField(long... shape) {
    long field = 1;
    for (int i = 2; i < shape.length; i++) {
      field *= shape[i];
    }
    return field;
  }
}
