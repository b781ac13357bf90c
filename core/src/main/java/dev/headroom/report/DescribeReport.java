package dev.headroom.report;

import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.loop.GraphRunner;
import dev.headroom.plan.Shapes;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
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
  private static final int NAME_COLUMNS = 32;

  private final Graph graph;
  private final List<Layer> layers = new ArrayList<>();

  /**
   * The calls that a module makes one after the other, or one call of the network itself.
   *
   * @param module path and class of the module
   * @param op the ATen overload of the last call
   * @param output shape of its result, B for the batch; null behind an operator that no rule is
   *     known for
   * @param parameters values in parameters, counted at the module's first layer
   * @param parameterBytes bytes of these values
   */
  public record Layer(
      String module, String op, @Nullable List<Dim> output, long parameters, long parameterBytes) {}

  public DescribeReport(Graph graph) {
    this.graph = graph;
    Map<Node, List<Dim>> shapes = Shapes.of(graph);
    List<Node> nodes = graph.nodes().stream().filter(n -> !computesASize(n)).toList();
    Map<String, long[]> sizes = parametersByModule(nodes);
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      boolean continues =
          i + 1 < nodes.size()
              && !node.module().isEmpty()
              && nodes.get(i + 1).module().equals(node.module());
      if (!continues) {
        long[] size = sizes.remove(node.module());
        String name =
            node.module().isEmpty() ? node.op() : node.module() + " (" + node.moduleType() + ")";
        layers.add(
            new Layer(
                name,
                node.op(),
                shapes.get(node),
                size == null ? 0 : size[0],
                size == null ? 0 : size[1]));
      }
    }
  }

  private static boolean computesASize(Node node) {
    return GraphRunner.isSymbolic(node);
  }

  /** Count and bytes; what a module without calls of its own holds counts for the one around it. */
  private Map<String, long[]> parametersByModule(List<Node> nodes) {
    Set<String> modules = new HashSet<>();
    nodes.forEach(n -> modules.add(n.module()));
    Map<String, long[]> sizes = new HashMap<>();
    for (Input input : graph.inputs(Input.Kind.PARAMETER)) {
      if (input.tiedTo() == null) {
        String owner = input.path();
        do {
          owner = owner.substring(0, Math.max(0, owner.lastIndexOf('.')));
        } while (!owner.isEmpty() && !modules.contains(owner));
        long[] size = sizes.computeIfAbsent(owner, o -> new long[2]);
        size[0] += input.type(1).elements();
        size[1] += input.type(1).bytes();
      }
    }
    return sizes;
  }

  /** The table as text. */
  public List<String> text() {
    long parameters = graph.parameterCount();
    long bytes =
        graph.inputs(Input.Kind.PARAMETER).stream()
            .filter(i -> i.tiedTo() == null)
            .mapToLong(i -> i.type(1).bytes())
            .sum();
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
          shortened(layer.module()),
          layer.output() == null ? "?" : shape(layer.output()),
          layer.parameters() == 0 ? "-" : String.format(Locale.ROOT, "%,d", layer.parameters()),
          layer.parameters() == 0 ? "-" : Bytes.exact(layer.parameterBytes()));
    }
    table.rule();
    table.row("total", "", String.format(Locale.ROOT, "%,d", parameters), Bytes.exact(bytes));
    lines.addAll(table.lines());
    if (graph.ownBatch().isPresent()) {
      return lines;
    }
    lines.add("");
    lines.add("B is the batch. It is not part of the model: parameters and their bytes stay the");
    lines.add("same for every B; what grows with B is the batch itself and what backward keeps.");
    return lines;
  }

  /** A deep path without its class, then without its beginning, so that 80 columns hold the row. */
  private static String shortened(String layer) {
    int type = layer.indexOf(" (");
    String path = layer.length() > NAME_COLUMNS && type > 0 ? layer.substring(0, type) : layer;
    int extra = path.length() - NAME_COLUMNS;
    return extra > 0 ? "…" + path.substring(extra + 1) : path;
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
