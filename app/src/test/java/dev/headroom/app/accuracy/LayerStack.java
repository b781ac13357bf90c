package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.graph.Init;
import dev.headroom.tensor.DType;

/**
 * An {@code nn.Sequential} from the list of its layers, with the calls that torch.export records.
 */
final class LayerStack {
  private LayerStack() {}

  static Graph of(JsonNode summary) {
    GraphBuilder g = new GraphBuilder("stack", "Sequential");
    long width = summary.path("inputs").asLong();
    String x = g.input(DType.FLOAT32, width);
    for (int i = 0; i < summary.path("layers").size(); i++) {
      JsonNode layer = summary.path("layers").get(i);
      String path = Integer.toString(i);
      String type = layer.get(0).asText();
      long features = width;
      switch (type) {
        case "Linear" -> {
          x = g.linear(path, x, width, layer.get(1).asLong());
          width = layer.get(1).asLong();
        }
        case "BatchNorm1d" -> x = g.batchNorm2d(path, x, features);
        case "Dropout" -> x = g.dropout(path, x, layer.get(1).asDouble());
        default -> x = g.module(path, type, x, in -> activation(g, type, in));
      }
    }
    return g.build(x);
  }

  private static String activation(GraphBuilder g, String type, String x) {
    return switch (type) {
      case "ReLU" -> call(g, "relu.default", x);
      case "PReLU" ->
          call(g, "prelu.default", x, Argument.tensor(g.parameter("weight", Init.ones(), 1)));
      case "SELU" -> call(g, "selu.default", x);
      case "GELU" -> call(g, "gelu.default", x);
      case "Mish" -> call(g, "mish.default", x);
      case "Softplus" -> call(g, "softplus.default", x);
      case "Tanh" -> call(g, "tanh.default", x);
      case "SiLU" -> call(g, "silu.default", x);
      case "ELU" -> call(g, "elu.default", x);
      case "LeakyReLU" -> call(g, "leaky_relu.default", x);
      case "Sigmoid" -> call(g, "sigmoid.default", x);
      case "Hardswish" -> call(g, "hardswish.default", x);
      case "LogSigmoid" -> call(g, "log_sigmoid.default", x);
      case "ReLU6" -> call(g, "relu6.default", x);
      case "CELU" -> call(g, "celu.default", x);
      case "Softmax" -> call(g, "softmax.int", x, Argument.of(1));
      case "Softsign" -> {
        String divisor = call(g, "add.Tensor", call(g, "abs.default", x), Argument.of(1));
        yield call(g, "div.Tensor", x, Argument.tensor(divisor));
      }
      default -> throw new IllegalArgumentException("no layer " + type);
    };
  }

  private static String call(GraphBuilder g, String op, String x, Argument... more) {
    Argument[] all = new Argument[more.length + 1];
    all[0] = Argument.tensor(x);
    System.arraycopy(more, 0, all, 1, more.length);
    return g.call("aten." + op, all);
  }
}
