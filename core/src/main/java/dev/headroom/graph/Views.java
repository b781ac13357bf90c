package dev.headroom.graph;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sizes and the calls that look at a tensor in another way. They allocate nothing where strides
 * allow it.
 */
abstract sealed class Views extends Recorder permits Functional {
  private final Map<String, Argument> sizes = new HashMap<>();

  Views(String name, String type) {
    super(name, type);
  }

  /** {@code x.shape[0]}: the batch, whatever it is when the network runs. */
  public Argument batch(String x) {
    return sizes.computeIfAbsent(
        x,
        key ->
            new Argument.OfSymInt(call("aten.sym_size.int", Argument.tensor(x), Argument.of(0))));
  }

  /** A size that does not depend on the batch. */
  public Argument size(long n) {
    return Argument.of(n);
  }

  /** A size times a factor; the same product is computed once. */
  public Argument times(Argument size, long factor) {
    return sizes.computeIfAbsent(
        size + "*" + factor,
        key -> new Argument.OfSymInt(call("_operator.mul", size, Argument.of(factor))));
  }

  /** {@code x.view(shape)}: the same elements in another shape. */
  public String view(String x, Argument... shape) {
    return call("aten.view.default", Argument.tensor(x), list(shape));
  }

  /** {@code x.reshape(shape)}: a view where strides allow it, a copy otherwise. */
  public String reshape(String x, Argument... shape) {
    return call("aten.reshape.default", Argument.tensor(x), list(shape));
  }

  /** {@code x.expand(shape)}: dimensions of size 1 repeated without copying; -1 keeps one. */
  public String expand(String x, Argument... shape) {
    return call("aten.expand.default", Argument.tensor(x), list(shape));
  }

  /** {@code x.transpose(a, b)}. */
  public String transpose(String x, long a, long b) {
    return call("aten.transpose.int", Argument.tensor(x), Argument.of(a), Argument.of(b));
  }

  /** {@code x.permute(dims)}. */
  public String permute(String x, long... dims) {
    return call("aten.permute.default", Argument.tensor(x), Argument.ints(dims));
  }

  /** {@code torch.flatten(x, 1)}: all but the batch become one dimension. */
  public String flatten(String x) {
    return call("aten.flatten.using_ints", Argument.tensor(x), Argument.of(1));
  }

  /** {@code x.unflatten(dim, sizes)}: one dimension becomes several. */
  public String unflatten(String x, long dim, long... sizes) {
    return call("aten.unflatten.int", Argument.tensor(x), Argument.of(dim), Argument.ints(sizes));
  }

  /** {@code x.unsqueeze(dim)}: one more dimension, of size 1. */
  public String unsqueeze(String x, long dim) {
    return call("aten.unsqueeze.default", Argument.tensor(x), Argument.of(dim));
  }

  /** {@code x.squeeze(dim)}: a dimension of size 1 goes. */
  public String squeeze(String x, long dim) {
    return call("aten.squeeze.dim", Argument.tensor(x), Argument.of(dim));
  }

  /** {@code x[index]} in a dimension, which goes. */
  public String select(String x, long dim, long index) {
    return call("aten.select.int", Argument.tensor(x), Argument.of(dim), Argument.of(index));
  }

  /** {@code x[:, index]}, as Python's indexing is recorded: all of the batch, then one index. */
  public String selectOfEachSample(String x, long index) {
    String all =
        call(
            "aten.slice.Tensor",
            Argument.tensor(x),
            Argument.of(0),
            Argument.of(0),
            Argument.of(Long.MAX_VALUE));
    return select(all, 1, index);
  }

  /** {@code x.split(size, dim)}. */
  public List<String> split(String x, long size, long dim, int parts) {
    return call(
        parts, "aten.split.Tensor", Argument.tensor(x), Argument.of(size), Argument.of(dim));
  }

  private static Argument list(Argument... shape) {
    return new Argument.OfInts(Arrays.asList(shape));
  }
}
