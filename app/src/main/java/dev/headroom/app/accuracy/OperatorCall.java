package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.engine.Backend;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.ledger.Timeline;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One ATen call that was recorded on CUDA with fake tensors ({@code record_cuda_operators.py}), and
 * the same on paper: leaves, a copy of each, the call, a loss, backward.
 */
final class OperatorCall {
  /** The file of all of them. */
  static final String FILE = "cuda_operators.json.gz";

  private static final int COMPUTE_CAPABILITY = 80;

  private final JsonNode json;
  private final List<PaperTensor> leaves = new ArrayList<>();
  private final List<PaperTensor> wanting = new ArrayList<>();

  private OperatorCall(JsonNode json) {
    this.json = json;
  }

  /** What is compared: types of results and gradients, bytes kept, bytes of each allocation. */
  record Figures(List<String> types, long savedBytes, List<Long> allocated) {}

  /** Every call that fake tensors could make. */
  static List<OperatorCall> read(Path file) throws IOException {
    List<OperatorCall> calls = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      for (JsonNode call : new ObjectMapper().readTree(in).path("calls")) {
        if (call.has("recorded")) {
          calls.add(new OperatorCall(call));
        }
      }
    }
    return calls;
  }

  /** The overload. */
  String op() {
    return json.path("op").asText();
  }

  /** Channels of the image that it is given. */
  long channels() {
    return json.path("args").path(0).path("shape").path(1).asLong();
  }

  /** Whether the channels of that image are neighbours. */
  boolean isChannelsLast() {
    return json.path("args").path(0).path("strides").path(1).asLong() == 1;
  }

  /** What follows the call: a loss of a sum or a mean, or nothing, without gradients. */
  List<String> modes() {
    return json.path("recorded").propertyStream().map(Map.Entry::getKey).toList();
  }

  /** What PyTorch did. */
  Figures recorded(String mode) {
    JsonNode of = json.path("recorded").path(mode);
    return new Figures(
        of.path("types").valueStream().map(JsonNode::asText).toList(),
        of.path("saved").asLong(),
        of.path("allocated").valueStream().map(JsonNode::asLong).toList());
  }

  /**
   * Whether the rules choose a kernel for the call whose backward is this node of autograd; false
   * for a call without gradients.
   */
  boolean differentiatedBy(String node) {
    if (!modes().contains("MEAN")) {
      return false;
    }
    Ledger ledger = written("MEAN", new ArrayList<>());
    return IntStream.range(0, ledger.size()).anyMatch(i -> ledger.span(i).work().equals(node));
  }

  /** What the rules say, without what kernels take for themselves. */
  Figures predicted(String mode) {
    List<String> types = new ArrayList<>();
    Ledger ledger = written(mode, types);
    return new Figures(
        types,
        new Timeline(ledger).bytes(Category.ACTIVATION),
        mode.equals("NO_GRAD") ? allocated(ledger) : List.of());
  }

  /** Runs the call on paper; adds the types of results and gradients. */
  private Ledger written(String mode, List<String> types) {
    LedgerWriter writer = new LedgerWriter();
    PaperEngine p = new PaperEngine(writer, Backend.cuda(COMPUTE_CAPABILITY, 0, 0));
    leaves.clear();
    wanting.clear();
    p.phase(0, Phase.SETUP);
    List<@Nullable Object> args = new ArrayList<>();
    json.path("args").forEach(arg -> args.add(leaf(p, arg)));
    p.setGradEnabled(!mode.equals("NO_GRAD"));
    p.phase(1, Phase.FORWARD);
    List<PaperTensor> copies = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      args.set(i, copied(p, json.path("args").get(i), args.get(i), copies));
    }
    List<PaperTensor> results = p.call(op(), args.toArray());
    results.forEach(result -> types.add(text(result.type())));
    copies.forEach(p::release);
    p.phase(1, Phase.LOSS);
    PaperTensor loss = loss(p, results, mode);
    if (loss != null) {
      p.phase(1, Phase.BACKWARD);
      p.backward(loss);
      for (PaperTensor leaf : wanting) {
        PaperTensor grad = p.grad(leaf);
        types.add(grad == null ? "no gradient" : "gradient " + text(grad.type()));
        p.releaseIfAny(grad);
      }
    }
    return writer.ledger();
  }

  private @Nullable PaperTensor loss(PaperEngine p, List<PaperTensor> results, String mode) {
    PaperTensor loss = null;
    for (int i = 0; i < results.size(); i++) {
      int result = i;
      if (!mode.equals("NO_GRAD")
          && json.path("losses").valueStream().anyMatch(l -> l.asInt() == result)) {
        String op = mode.equals("SUM") ? "aten.sum.default" : "aten.mean.default";
        PaperTensor part = p.call(op, results.get(i)).getFirst();
        if (loss != null) {
          PaperTensor both = p.call("aten.mul.Tensor", loss, part).getFirst();
          p.release(loss);
          p.release(part);
          part = both;
        }
        loss = part;
      }
      p.release(results.get(i));
    }
    return loss;
  }

  private static List<Long> allocated(Ledger ledger) {
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      boolean forward = ledger.span(i).phase() == Phase.FORWARD;
      if (forward
          && ledger.delta(i) > 0
          && ledger.category(ledger.block(i)) != Category.WORKSPACE) {
        out.add(ledger.delta(i));
      }
    }
    return out.stream().sorted().toList();
  }

  private @Nullable Object leaf(PaperEngine p, JsonNode arg) {
    if (arg.isArray()) {
      List<@Nullable Object> out = new ArrayList<>();
      arg.forEach(item -> out.add(leaf(p, item)));
      return out;
    }
    if (arg.isObject()) {
      return arg.has("dtype") ? dtype(arg.path("dtype")) : tensor(p, arg);
    }
    return arg.isNull()
        ? null
        : arg.isBoolean()
            ? (Object) arg.asBoolean()
            : arg.isIntegralNumber()
                ? (Object) arg.asLong()
                : arg.isNumber() ? (Object) arg.asDouble() : arg.asText();
  }

  private PaperTensor tensor(PaperEngine p, JsonNode arg) {
    boolean trained = arg.path("grad").asBoolean();
    TensorType type =
        new TensorType(dtype(arg.path("tensor")), longs(arg, "shape"), longs(arg, "strides"));
    PaperTensor leaf = p.empty(type, trained ? Category.PARAMETER : Category.INPUT);
    leaves.add(leaf);
    if (trained) {
      p.requireGrad(leaf);
      wanting.add(leaf);
    }
    return leaf;
  }

  private static DType dtype(JsonNode name) {
    return Arrays.stream(DType.values())
        .filter(d -> d.torchName().equals(name.asText()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no element type " + name));
  }

  private static List<Long> longs(JsonNode arg, String field) {
    return arg.path(field).valueStream().map(JsonNode::asLong).toList();
  }

  /** A copy of each leaf, cut to half or with dimensions swapped where the call says so. */
  private static @Nullable Object copied(
      PaperEngine p, JsonNode arg, @Nullable Object value, List<PaperTensor> copies) {
    if (value instanceof List<?> list) {
      List<@Nullable Object> out = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        out.add(copied(p, arg.get(i), list.get(i), copies));
      }
      return out;
    }
    if (!(value instanceof PaperTensor leaf)) {
      return value;
    }
    PaperTensor copy = kept(copies, p.call("aten.clone.default", leaf));
    if (arg.path("narrow").asBoolean()) {
      long half = copy.type().size(-1) / 2;
      copy = kept(copies, p.call("aten.slice.Tensor", copy, -1L, 0L, half, 1L));
    }
    List<Long> swap = longs(arg, "swap");
    return swap.isEmpty()
        ? copy
        : kept(copies, p.call("aten.transpose.int", copy, swap.get(0), swap.get(1)));
  }

  private static PaperTensor kept(List<PaperTensor> copies, List<PaperTensor> made) {
    copies.add(made.getFirst());
    return made.getFirst();
  }

  private static String text(TensorType type) {
    return type + " strides " + type.strides();
  }

  @Override
  public String toString() {
    return op() + json.path("args");
  }
}
