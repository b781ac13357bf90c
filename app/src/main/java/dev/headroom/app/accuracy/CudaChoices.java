package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Where CUDA has several kernels for one operator: the one that the rules choose against the one
 * that PyTorch chose, which the node of autograd tells by its name.
 */
final class CudaChoices {
  /** One row per attention that PyTorch was asked for on an emulated card. */
  static final String ATTENTIONS = "sdpa_choice.csv";

  private static final String EFFICIENT = "ScaledDotProductEfficientAttentionBackward0";
  private static final String FLASH = "ScaledDotProductFlashAttentionBackward0";
  private static final String FORMULA = "math (composite: bmm, softmax)";
  private static final int COLUMNS = 6;

  /** Nodes whose name tells the choice, and what was chosen. */
  private static final Map<String, String> NODES = new LinkedHashMap<>();

  static {
    NODES.put("CudnnBatchNormBackward0", "batch norm by cuDNN");
    NODES.put("NativeBatchNormBackward0", "batch norm by PyTorch's kernel (bf16)");
    NODES.put("NativeDropoutBackward0", "dropout with a mask of one byte per value");
    NODES.put(FLASH, "attention by the flash kernel (bf16)");
    NODES.put(EFFICIENT, "attention by the memory-efficient kernel (fp32)");
  }

  /**
   * How often something was chosen.
   *
   * @param cases in which PyTorch or the rules chose it
   * @param equal cases of these in which both chose it equally often
   * @param calls for which PyTorch chose it
   */
  record Count(int cases, int equal, long calls) {
    static final Count NONE = new Count(0, 0, 0);

    Count plus(long recorded, long written) {
      return recorded == 0 && written == 0
          ? this
          : new Count(cases + 1, equal + (recorded == written ? 1 : 0), calls + recorded);
    }
  }

  private final Map<String, Count> counts = new LinkedHashMap<>();

  /** Adds a case: how many nodes of each kind PyTorch recorded, and how many the ledger has. */
  void add(OracleCase c, Ledger ledger) {
    JsonNode recorded = c.summary().path("saved_for_backward").path("node_counts");
    for (String node : NODES.keySet()) {
      Count before = counts.getOrDefault(node, Count.NONE);
      counts.put(node, before.plus(recorded.path(node).asLong(), differentiated(ledger, node)));
    }
  }

  /** By the name of autograd's node. */
  Map<String, Count> counts() {
    return counts;
  }

  /** Calls of the graph whose first backward is this node of autograd. */
  private static long differentiated(Ledger ledger, String work) {
    Set<Node> nodes = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.iteration() == 1 && span.node() != null && span.work().equals(work)) {
        nodes.add(span.node());
      }
    }
    return nodes.size();
  }

  /**
   * An attention that PyTorch was asked for.
   *
   * @param picked what PyTorch picked: the node of autograd, or the plain formula
   */
  record Attention(
      int capability, DType dtype, long width, double dropout, boolean causal, String picked) {
    /** What the rules pick: the node of its backward on paper. */
    String written() {
      LedgerWriter writer = new LedgerWriter();
      PaperEngine p = new PaperEngine(writer, Backend.cuda(capability, 0, 0));
      p.phase(0, Phase.SETUP);
      List<PaperTensor> qkv = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        PaperTensor leaf = p.empty(TensorType.of(dtype, 2, 4, 128, width), Category.INPUT);
        p.requireGrad(leaf);
        qkv.add(leaf);
      }
      PaperTensor mask = causal ? null : p.empty(TensorType.of(dtype, 128, 128), Category.INPUT);
      p.phase(1, Phase.FORWARD);
      PaperTensor result =
          p.call(
                  "aten.scaled_dot_product_attention.default",
                  qkv.get(0),
                  qkv.get(1),
                  qkv.get(2),
                  mask,
                  dropout,
                  causal)
              .getFirst();
      PaperTensor loss = p.call("aten.sum.default", result).getFirst();
      p.release(result);
      p.phase(1, Phase.BACKWARD);
      p.backward(loss);
      Ledger ledger = writer.ledger();
      String found = FORMULA;
      for (int i = 0; i < ledger.size(); i++) {
        String work = ledger.span(i).work();
        found = work.equals(FLASH) || work.equals(EFFICIENT) ? work : found;
      }
      return found;
    }
  }

  /**
   * Reads {@link #ATTENTIONS}.
   *
   * @throws IOException if it is absent or has another form
   */
  static List<Attention> attentions(Path csv) throws IOException {
    List<Attention> out = new ArrayList<>();
    List<String> lines = Files.readAllLines(csv);
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", COLUMNS);
      if (cells.length != COLUMNS) {
        throw new IOException(csv + ": '" + line + "' is no row of this data set");
      }
      out.add(
          new Attention(
              Integer.parseInt(cells[0]),
              DType.valueOf(cells[1].toUpperCase(Locale.ROOT)),
              Long.parseLong(cells[2]),
              Double.parseDouble(cells[3]),
              cells[4].equals("causal"),
              cells[5].replace("\"", "")));
    }
    return out;
  }

  /** How many of them the rules pick as PyTorch did. */
  static long same(List<Attention> attentions) {
    return attentions.stream().filter(a -> a.written().equals(a.picked())).count();
  }

  /** The table, with the attentions' row first. */
  List<String> lines(List<Attention> attentions, Map<String, Object> json) {
    List<String> lines = new ArrayList<>();
    long same = same(attentions);
    lines.add("");
    lines.add("### Which kernel");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "Autograd's nodes tell which of several kernels PyTorch took. **Attention's kernel: %d"
                + " of %d as PyTorch chose** (compute capabilities %s; fp32, fp16 and bf16; heads of"
                + " %s values; with a mask and without, with dropout and without). In the cases"
                + " above:",
            same,
            attentions.size(),
            list(attentions.stream().mapToLong(Attention::capability)),
            list(attentions.stream().mapToLong(Attention::width))));
    lines.add("");
    lines.add("| kernel | cases | calls in PyTorch | cases with as many by the rules |");
    lines.add("|---|---:|---:|---:|");
    NODES.forEach(
        (node, words) -> {
          Count count = counts.getOrDefault(node, Count.NONE);
          lines.add(
              String.format(
                  Locale.ROOT,
                  "| %s | %d | %d | %d |",
                  words,
                  count.cases(),
                  count.calls(),
                  count.equal()));
          json.put(
              node, Map.of("cases", count.cases(), "equal", count.equal(), "calls", count.calls()));
        });
    json.put("attentions", attentions.size());
    json.put("attentionsAsPyTorch", same);
    return lines;
  }

  private static String list(LongStream values) {
    List<Long> sorted = values.distinct().sorted().boxed().toList();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < sorted.size(); i++) {
      out.append(i == 0 ? "" : i == sorted.size() - 1 ? " and " : ", ").append(sorted.get(i));
    }
    return out.toString();
  }
}
