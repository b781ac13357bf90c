package dev.headroom.graph;

import dev.headroom.tensor.DType;
import java.util.List;

/**
 * Calls without parameters, as {@code torch} and {@code torch.nn.functional} have them. They belong
 * to the module that is being written.
 */
abstract sealed class Functional extends Views permits GraphBuilder {
  /** Where a factory makes its tensor; the engine's own device stands in for it. */
  private static final Argument CPU = new Argument.OfDevice("cpu");

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

  /** {@code a * b}: a new tensor. */
  public String mul(String a, String b) {
    return call("aten.mul.Tensor", Argument.tensor(a), Argument.tensor(b));
  }

  /** {@code F.gelu}, the exact one. */
  public String gelu(String x) {
    return call("aten.gelu.default", Argument.tensor(x));
  }

  /** {@code torch.cat}. */
  public String cat(long dim, String... tensors) {
    return call("aten.cat.default", new Argument.OfTensors(List.of(tensors)), Argument.of(dim));
  }

  /** {@code x.contiguous()}: a copy where strides say so. */
  public String contiguous(String x) {
    return call("aten.contiguous.default", Argument.tensor(x));
  }

  /** {@code F.scaled_dot_product_attention}: query, key and value are (B, heads, T, width). */
  public String attention(String query, String key, String value, boolean causal) {
    return call(
        "aten.scaled_dot_product_attention.default",
        List.of(Argument.tensor(query), Argument.tensor(key), Argument.tensor(value)),
        List.of(Argument.none(), Argument.of(0.0), Argument.of(causal)),
        List.of(Argument.none(), Argument.of(0.0), Argument.of(false)));
  }

  /** {@code F.linear} with a weight that another module has too, without bias. */
  public String linear(String x, String weight) {
    return call("aten.linear.default", Argument.tensor(x), Argument.tensor(weight));
  }

  /** {@code torch.arange(end)}: int64. */
  public String arange(long end) {
    return call(
        "aten.arange.default",
        Argument.of(end),
        Argument.none(),
        Argument.none(),
        CPU,
        Argument.of(false));
  }

  /** {@code torch.zeros(sizes)}: float32. */
  public String zeros(Argument... sizes) {
    return create("aten.zeros.default", sizes);
  }

  /** {@code torch.empty(sizes)}: float32, uninitialised. */
  public String empty(Argument... sizes) {
    return create("aten.empty.memory_format", sizes);
  }

  private String create(String op, Argument... sizes) {
    return call(
        op,
        new Argument.OfInts(List.of(sizes)),
        new Argument.OfDType(DType.FLOAT32),
        Argument.none(),
        CPU,
        Argument.of(false));
  }

  /** {@code F.max_pool2d}: windows side by side. */
  public String maxPool2d(String x, long kernel) {
    return call("aten.max_pool2d.default", Argument.tensor(x), square(kernel));
  }

  /** {@code F.adaptive_avg_pool2d}: an output of this side, whatever the input's is. */
  public String adaptiveAvgPool2d(String x, long side) {
    return call("aten.adaptive_avg_pool2d.default", Argument.tensor(x), square(side));
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
