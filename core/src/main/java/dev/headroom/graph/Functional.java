package dev.headroom.graph;

/**
 * Calls without parameters, as {@code torch} and {@code torch.nn.functional} have them. They belong
 * to the module that is being written.
 */
abstract sealed class Functional extends Recorder permits GraphBuilder {
  Functional(String name, String type) {
    super(name, type);
  }

  /** {@code F.relu}. */
  public String relu(String x) {
    return call("aten.relu.default", Argument.tensor(x));
  }

  /** {@code F.relu(inplace=True)}: overwrites its input. */
  public String reluInPlace(String x) {
    return call("aten.relu_.default", Argument.tensor(x));
  }

  /** {@code a + b}: a new tensor. */
  public String add(String a, String b) {
    return call("aten.add.Tensor", Argument.tensor(a), Argument.tensor(b));
  }

  /** {@code a += b}: overwrites {@code a}. */
  public String addInPlace(String a, String b) {
    return call("aten.add_.Tensor", Argument.tensor(a), Argument.tensor(b));
  }

  /** {@code F.max_pool2d}: windows side by side. */
  public String maxPool2d(String x, long kernel) {
    return call("aten.max_pool2d.default", Argument.tensor(x), square(kernel));
  }

  /** {@code F.adaptive_avg_pool2d}: an output of this side, whatever the input's is. */
  public String adaptiveAvgPool2d(String x, long side) {
    return call("aten.adaptive_avg_pool2d.default", Argument.tensor(x), square(side));
  }

  /** {@code torch.flatten(x, 1)}: all but the batch become one dimension. */
  public String flatten(String x) {
    return call("aten.flatten.using_ints", Argument.tensor(x), Argument.of(1));
  }

  /** {@code F.dropout} while training: zeroes a share p of its input. */
  public String dropout(String x, double p) {
    return call("aten.dropout.default", Argument.tensor(x), Argument.of(p), Argument.of(true));
  }

  /** {@code (n, n)}. */
  static Argument square(long n) {
    return Argument.ints(n, n);
  }
}
