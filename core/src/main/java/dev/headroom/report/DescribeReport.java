package dev.headroom.report;

import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.plan.Shapes;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A network layer by layer: output shape with the batch left open, parameters, bytes. */
public final class DescribeReport {
  private final Graph graph;
  private final List<Layer> layers = new ArrayList<>();

  /**
   * The calls that a module makes one after the other, or one call of the network itself.
   *
   * @param module path and class of the module
   * @param op the ATen overload of the last call
   * @param output shape of its result, B for the batch; null behind an operator that no rule is
   *     known for
   * @param parameters trainable values, counted at the module's first call
   * @param parameterBytes bytes of these values
   */
  public record Layer(
      String module, String op, @Nullable List<Dim> output, long parameters, long parameterBytes) {}

  public DescribeReport(Graph graph) {
    this.graph = graph;
    Map<Node, List<Dim>> shapes = Shapes.of(graph);
    Set<String> seen = new HashSet<>();
    long count = 0;
    long bytes = 0;
    for (int i = 0; i < graph.nodes().size(); i++) {
      Node node = graph.nodes().get(i);
      if (seen.add(node.module())) {
        for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
          int dot = input.path().lastIndexOf('.');
          if (input.path().substring(0, Math.max(0, dot)).equals(node.module())) {
            count += input.type(1).elements();
            bytes += input.type(1).bytes();
          }
        }
      }
      if (continues(node, i + 1)) {
        continue;
      }
      String name =
          node.module().isEmpty() ? node.op() : node.module() + " (" + node.moduleType() + ")";
      layers.add(new Layer(name, node.op(), shapes.get(node), count, bytes));
      count = 0;
      bytes = 0;
    }
  }

  /** Whether the next call belongs to the same module, so that both are one layer. */
  private boolean continues(Node node, int next) {
    return next < graph.nodes().size()
        && !node.module().isEmpty()
        && graph.nodes().get(next).module().equals(node.module());
  }

  /** The table as text. */
  public List<String> text() {
    long parameters = graph.parameterCount();
    long bytes =
        graph.inputs(Input.Kind.PARAMETER).stream().mapToLong(i -> i.type(1).bytes()).sum();
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s · %,d parameters · %s as float32",
            graph.name(),
            parameters,
            Bytes.exact(bytes)));
    lines.add("");
    TextTable table = new TextTable().header("layer", "output", "parameters", "bytes");
    for (Input input : graph.inputs(Input.Kind.USER)) {
      table.row("input", input.shapeText(), "", "");
    }
    for (Layer layer : layers) {
      table.row(
          layer.module(),
          layer.output() == null ? "?" : shape(layer.output()),
          layer.parameters() == 0 ? "-" : String.format(Locale.ROOT, "%,d", layer.parameters()),
          layer.parameters() == 0 ? "-" : Bytes.exact(layer.parameterBytes()));
    }
    table.rule();
    table.row("total", "", String.format(Locale.ROOT, "%,d", parameters), Bytes.exact(bytes));
    lines.addAll(table.lines());
    lines.add("");
    lines.add("B is the batch. It is not part of the model: parameters and their bytes stay the");
    lines.add("same for every B; what grows with B is the batch itself and what backward keeps.");
    return lines;
  }

  /** The same for JSON. */
  public Map<String, Object> json() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Layer layer : layers) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("module", layer.module());
      row.put("op", layer.op());
      List<Dim> output = layer.output();
      if (output != null) {
        row.put("output", output.stream().map(Dim::toString).toList());
      }
      row.put("parameters", layer.parameters());
      row.put("parameterBytes", layer.parameterBytes());
      rows.add(row);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("network", graph.name());
    out.put("parameters", graph.parameterCount());
    out.put("layers", rows);
    return out;
  }

  private static String shape(List<Dim> dims) {
    return dims.stream().map(Dim::toString).collect(Collectors.joining(" x "));
  }
}
