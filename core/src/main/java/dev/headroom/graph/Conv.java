package dev.headroom.graph;

/**
 * A two-dimensional convolution with square windows: {@code Conv.of(3, 64,
 * 7).stride(2).padding(3)}.
 *
 * @param in channels of the input
 * @param out channels of the output
 * @param kernel side of the window
 * @param stride step of the window
 * @param padding zeros added on every side
 * @param groups independent groups of channels; as many as channels for a depthwise convolution
 * @param bias whether a bias is added
 */
public record Conv(
    long in, long out, long kernel, long stride, long padding, long groups, boolean bias) {
  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if the groups do not divide the channels
   */
  public Conv {
    if (in % groups != 0 || out % groups != 0) {
      throw new IllegalArgumentException(
          groups + " groups do not divide " + in + " input and " + out + " output channels");
    }
  }

  /** Stride 1, no padding, one group, with bias. */
  public static Conv of(long in, long out, long kernel) {
    return new Conv(in, out, kernel, 1, 0, 1, true);
  }

  /** The same with another step. */
  public Conv stride(long n) {
    return new Conv(in, out, kernel, n, padding, groups, bias);
  }

  /** The same with zeros around the input. */
  public Conv padding(long n) {
    return new Conv(in, out, kernel, stride, n, groups, bias);
  }

  /** The same in groups. */
  public Conv groups(long n) {
    return new Conv(in, out, kernel, stride, padding, n, bias);
  }

  /** The same without bias, as in front of a batch norm. */
  public Conv noBias() {
    return new Conv(in, out, kernel, stride, padding, groups, false);
  }

  /** Side of the output for a side of the input. */
  public long outputSide(long side) {
    return (side + 2 * padding - kernel) / stride + 1;
  }
}
