package dev.headroom.graph;

import dev.headroom.tensor.DType;
import java.util.List;

/**
 * Writes a network call by call, as {@code torch.export} would record it. A method whose first
 * argument is a path is a module of {@code torch.nn}, with the parameters, buffers and names that
 * it has there; one without is a function. {@link #build} validates the whole.
 *
 * <pre>{@code
 * GraphBuilder g = new GraphBuilder("tiny");
 * String x = g.input(DType.FLOAT32, 3, 32, 32);
 * x = g.relu("relu", g.conv2d("conv", x, Conv.of(3, 8, 3)));
 * Graph graph = g.build(g.linear("fc", g.flatten(x), 8 * 30 * 30, 10));
 * }</pre>
 *
 * <p>A value is a name, so it can be used as often as needed; a value that an in-place call
 * overwrote goes by the name that the call returned.
 */
public final class GraphBuilder extends Functional {
  private static final double MOMENTUM = 0.1;
  private static final double EPS = 1e-5;

  /** Begins a network that the user calls by this name. */
  public GraphBuilder(String name) {
    this(name, "");
  }

  /** Begins a network of a class, such as {@code ResNet}. */
  public GraphBuilder(String name, String type) {
    super(name, type);
  }

  /** nn.Linear with bias: {@code (..., in)} to {@code (..., out)}. */
  public String linear(String path, String x, long in, long out) {
    return linear(path, x, in, out, true);
  }

  /** nn.Linear: {@code (..., in)} to {@code (..., out)}. */
  public String linear(String path, String x, long in, long out, boolean bias) {
    Init init = Init.defaultUniform(in);
    return module(
        path,
        "Linear",
        x,
        given -> {
          Argument weight = Argument.tensor(parameter("weight", init, out, in));
          return bias
              ? call(
                  "aten.linear.default",
                  Argument.tensor(given),
                  weight,
                  Argument.tensor(parameter("bias", init, out)))
              : call("aten.linear.default", Argument.tensor(given), weight);
        });
  }

  /** nn.Conv2d: {@code (B, in, H, W)} to {@code (B, out, H', W')}. */
  public String conv2d(String path, String x, Conv conv) {
    return module(path, "Conv2d", x, given -> convolution(given, conv));
  }

  private String convolution(String x, Conv conv) {
    long perGroup = conv.in() / conv.groups();
    Init init = Init.defaultUniform(perGroup * conv.kernel() * conv.kernel());
    String weight = parameter("weight", init, conv.out(), perGroup, conv.kernel(), conv.kernel());
    Argument bias =
        conv.bias() ? Argument.tensor(parameter("bias", init, conv.out())) : Argument.none();
    return call(
        "aten.conv2d.default",
        List.of(Argument.tensor(x), Argument.tensor(weight)),
        List.of(
            bias,
            square(conv.stride()),
            square(conv.padding()),
            square(1),
            Argument.of(conv.groups())),
        List.of(Argument.none(), square(1), square(0), square(1), Argument.of(1)));
  }

  /** nn.BatchNorm2d while training: normalises with the batch's own mean and variance. */
  public String batchNorm2d(String path, String x, long channels) {
    return module(
        path,
        "BatchNorm2d",
        x,
        given -> {
          String weight = parameter("weight", Init.ones(), channels);
          String bias = parameter("bias", Init.zeros(), channels);
          String mean = buffer("running_mean", DType.FLOAT32, Init.zeros(), channels);
          String variance = buffer("running_var", DType.FLOAT32, Init.ones(), channels);
          String count = buffer("num_batches_tracked", DType.INT64, Init.zeros());
          call("aten.add_.Tensor", Argument.tensor(count), Argument.of(1));
          return call(
              "aten.batch_norm.default",
              Argument.tensor(given),
              Argument.tensor(weight),
              Argument.tensor(bias),
              Argument.tensor(mean),
              Argument.tensor(variance),
              Argument.of(true),
              Argument.of(MOMENTUM),
              Argument.of(EPS),
              Argument.of(true));
        });
  }

  /** nn.LayerNorm over the last dimension, with PyTorch's eps of 1e-5. */
  public String layerNorm(String path, String x, long width) {
    return layerNorm(path, x, width, EPS);
  }

  /** nn.LayerNorm over the last dimension. */
  public String layerNorm(String path, String x, long width, double eps) {
    return module(path, "LayerNorm", x, given -> layerNorm(given, width, eps));
  }

  /** Weight, bias and call of a LayerNorm, in the module that is being written. */
  public String layerNorm(String x, long width, double eps) {
    return call(
        "aten.layer_norm.default",
        List.of(
            Argument.tensor(x),
            Argument.ints(width),
            Argument.tensor(parameter("weight", Init.ones(), width)),
            Argument.tensor(parameter("bias", Init.zeros(), width))),
        List.of(Argument.of(eps)),
        List.of(Argument.of(EPS)));
  }

  /** nn.Embedding: int64 indices of any shape to vectors. */
  public String embedding(String path, String indices, long rows, long width) {
    return module(
        path,
        "Embedding",
        indices,
        given ->
            call(
                "aten.embedding.default",
                Argument.tensor(parameter("weight", new Init.Normal(1), rows, width)),
                Argument.tensor(given)));
  }

  /** nn.GELU, the exact one. */
  public String gelu(String path, String x) {
    return module(path, "GELU", x, this::gelu);
  }

  /**
   * nn.LSTM of one layer, batch first: {@code (B, T, in)} to the state after every step, {@code (B,
   * T, hidden)}. It starts from zeros.
   *
   * @param batch what {@link #batch} returned
   */
  public String lstm(String path, String x, Argument batch, long in, long hidden) {
    Init init = Init.defaultUniform(hidden);
    return module(
        path,
        "LSTM",
        x,
        given -> {
          String h = zeros(Argument.of(1), batch, Argument.of(hidden));
          String c = zeros(Argument.of(1), batch, Argument.of(hidden));
          List<String> weights =
              List.of(
                  parameter("weight_ih_l0", init, 4 * hidden, in),
                  parameter("weight_hh_l0", init, 4 * hidden, hidden),
                  parameter("bias_ih_l0", init, 4 * hidden),
                  parameter("bias_hh_l0", init, 4 * hidden));
          return call(
                  3,
                  "aten.lstm.input",
                  Argument.tensor(given),
                  new Argument.OfTensors(List.of(h, c)),
                  new Argument.OfTensors(weights),
                  Argument.of(true),
                  Argument.of(1),
                  Argument.of(0.0),
                  Argument.of(true),
                  Argument.of(false),
                  Argument.of(true))
              .getFirst();
        });
  }

  /**
   * nn.MultiheadAttention of a sequence with itself, batch first: {@code (B, length, width)} to the
   * same.
   *
   * @param batch what {@link #batch} returned
   */
  public String multiheadAttention(
      String path, String x, Argument batch, long length, long width, long heads) {
    SelfAttention attention = new SelfAttention(this, batch, length, width, heads);
    return module(path, "MultiheadAttention", x, attention::write);
  }

  /** nn.ReLU, not in place. */
  public String relu(String path, String x) {
    return module(path, "ReLU", x, this::relu);
  }

  /** nn.ReLU(inplace=True): overwrites its input. */
  public String reluInPlace(String path, String x) {
    return module(path, "ReLU", x, this::reluInPlace);
  }

  /** nn.ReLU6(inplace=True): keeps 0 to 6, overwrites its input. */
  public String relu6InPlace(String path, String x) {
    return module(
        path,
        "ReLU6",
        x,
        given ->
            call(
                "aten.hardtanh_.default",
                Argument.tensor(given),
                Argument.of(0.0),
                Argument.of(6.0)));
  }

  /** nn.MaxPool2d: windows of a side, at a step, with padding around. */
  public String maxPool2d(String path, String x, long kernel, long stride, long padding) {
    return module(
        path,
        "MaxPool2d",
        x,
        given ->
            call(
                "aten.max_pool2d.default",
                List.of(Argument.tensor(given), square(kernel), square(stride)),
                List.of(square(padding)),
                List.of(square(0))));
  }

  /** nn.AdaptiveAvgPool2d: an output of this side, whatever the input's is. */
  public String adaptiveAvgPool2d(String path, String x, long side) {
    return module(path, "AdaptiveAvgPool2d", x, given -> adaptiveAvgPool2d(given, side));
  }

  /** nn.Flatten: all but the batch become one dimension. */
  public String flatten(String path, String x) {
    return module(path, "Flatten", x, this::flatten);
  }

  /** nn.Dropout while training: zeroes a share p of its input. */
  public String dropout(String path, String x, double p) {
    return module(path, "Dropout", x, given -> dropout(given, p));
  }
}
