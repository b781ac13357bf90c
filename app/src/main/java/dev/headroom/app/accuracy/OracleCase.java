package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Graph;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * One training run of PyTorch that was recorded allocation by allocation: on the CPU, or with
 * tensors on a GPU that never existed ({@code FakeTensorMode}: dispatcher and autograd are the real
 * ones, kernels do not run).
 */
final class OracleCase {
  /** Folder of the runs on the CPU. */
  static final String CPU = "cpu";

  /** Folder of the runs on CUDA without a GPU. */
  static final String CUDA = "cuda_fake";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ON_CUDA = 4;

  private final Path folder;
  private final String name;
  private final JsonNode json;

  private OracleCase(Path folder, String name, JsonNode json) {
    this.folder = folder;
    this.name = name;
    this.json = json;
  }

  /** Reads one of a folder of runs. */
  static OracleCase read(Path folder, String name) throws IOException {
    return new OracleCase(folder, name, JSON.readTree(folder.resolve(name + ".json").toFile()));
  }

  /** Names of all runs of a folder. */
  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> list = Files.list(folder)) {
      return list.map(f -> String.valueOf(f.getFileName()))
          .filter(f -> f.endsWith(".json"))
          .map(f -> f.substring(0, f.length() - ".json".length()))
          .sorted()
          .toList();
    }
  }

  private boolean onCuda() {
    return json.path("format").asText().startsWith("headroom-oracle-cuda");
  }

  String name() {
    return name;
  }

  /** Whether oneDNN was on; then kernels' own scratch depends on the processor and is left out. */
  boolean onednn() {
    return json.path("onednn").asBoolean();
  }

  /** What was recorded about the run as a whole. */
  JsonNode summary() {
    return json;
  }

  /** Bytes that autograd kept, whole storages once. */
  long savedBytes() {
    return json.path("saved_for_backward").path("activation_bytes").asLong();
  }

  /**
   * Bytes of {@link #savedBytes} that lie on the GPU in a recording of fake tensors alone: seed and
   * offset of each memory-efficient attention that is not computed again.
   */
  long seedBytes() {
    if (recomputes()) {
      return 0;
    }
    JsonNode nodes = json.path("saved_for_backward").path("node_counts");
    return 2 * Long.BYTES * nodes.path("ScaledDotProductEfficientAttentionBackward0").asLong();
  }

  /** Live bytes at the peak of a step, counted from 0, without scratch of convolution kernels. */
  long peakBytes(int step) {
    String peak = onednn() ? "peak_excluding_conv_scratch" : "peak";
    return json.path("steps").get(step).path(peak).path("bytes").asLong();
  }

  /** Whether convolutions or an LSTM allocated scratch within themselves that no rule gives. */
  boolean hasKernelScratch() {
    return onednn() && !name.startsWith("mlp") && !name.startsWith("gpt");
  }

  /** The same three steps on paper. */
  Ledger predicted() throws IOException {
    return predicted(graph());
  }

  /** The same of a network that has neither name nor file. */
  Ledger predicted(Graph graph) {
    long batch = json.path("batch").asLong();
    List<String> frozen = new ArrayList<>();
    json.path("frozen").forEach(module -> frozen.add(module.asText()));
    return PaperTraining.ledger(
        Frozen.of(graph, frozen), recipe(), backend(), List.of(batch, batch, batch), 0);
  }

  /** Without workspaces of cuBLAS: kernels did not run. */
  private Backend backend() {
    return onCuda()
        ? Backend.cuda(json.path("emulated_sm").asInt(), 0, 0)
        : Backend.cpu().withOnednn(onednn());
  }

  /** The exported network where it is at hand, else the built-in one, which is the same. */
  private Graph graph() throws IOException {
    String model = json.path("model").asText();
    Path file = folder.resolveSibling("export").resolve(model + ".pt2");
    return Files.exists(file) ? NetworkFiles.read(file, null).graph() : builtIn(model);
  }

  private static Graph builtIn(String model) {
    return switch (model) {
      case "mlp_784_128_10" -> Zoo.build("mlp", Options.none());
      case "mlp_3072_128_10" -> Zoo.build("mlp", Options.none().sample(List.of(3072L)));
      case "lenet5" -> Zoo.build("lenet", Options.none());
      case "smallcnn" -> Zoo.build("cnn", Options.none());
      case "lstm_classifier" -> Zoo.build("lstm", Options.none());
      case "gpt_untied", "gpt_untied_ckpt" -> Zoo.build("gpt", Options.none());
      case "gpt_tied" -> Zoo.build("gpt", Options.none().with("tied", 1));
      case "resnet18_32" ->
          Zoo.build("resnet18", Options.none().sample(List.of(3L, 32L, 32L)).classes(10));
      default -> Zoo.build(model.replace("_224", ""), Options.none());
    };
  }

  private Recipe recipe() {
    String optimizer = json.path("optimizer").asText().replace("sgd_momentum", "momentum");
    Optimizer.Form form =
        json.path("optimizer_fused").asBoolean()
            ? Optimizer.Form.FUSED
            : json.path("optimizer_foreach").asBoolean()
                ? Optimizer.Form.FOREACH
                : Optimizer.Form.FOR_LOOP;
    boolean full = json.path("precision").asText().equals("fp32");
    return Recipe.of(Optimizer.valueOf(optimizer.toUpperCase(Locale.ROOT)))
        .with(form)
        .with(BatchArrival.FIXED)
        .with(loss())
        .withAccumulate(json.path("accumulation_steps").asInt(1))
        .with(full ? Precision.FP32 : Precision.BF16)
        .with(recomputes() ? Checkpoint.BLOCKS : Checkpoint.NONE)
        .withSetToNone(json.path("set_to_none").asBoolean(true));
  }

  /** {@code cross_entropy(mean)} where nothing else is named. */
  private Loss loss() {
    String named = json.path("loss").asText("");
    return Arrays.stream(Loss.values())
        .filter(loss -> loss.label().equals(named))
        .findFirst()
        .orElse(Loss.CROSS_ENTROPY);
  }

  /** Whether blocks of the network were computed again in backward. */
  boolean recomputes() {
    return json.path("model").asText().endsWith("_ckpt");
  }

  /** Whether autocast was on: its casts die in the order of a hash table. */
  boolean casts() {
    return !json.path("precision").asText().equals("fp32");
  }

  /** What {@link #recorded} would be with kernels instead of fake tensors. */
  OracleEvents recordedAsKernels() throws IOException {
    OracleEvents recorded = recorded();
    List<OracleEvents.Event> events = recorded.events();
    for (FakeDeviation deviation : possible()) {
      events = deviation.undo(events);
    }
    return new OracleEvents(recorded.base(), events);
  }

  /**
   * Batch norms of (B, C) are in the stacks of layers alone; those of images have other kernels.
   */
  private Set<FakeDeviation> possible() {
    return json.has("layers")
        ? EnumSet.allOf(FakeDeviation.class)
        : EnumSet.complementOf(EnumSet.of(FakeDeviation.NORM_SUMS_FIRST));
  }

  /** Which differences between fake tensors and kernels show in this recording. */
  List<FakeDeviation> deviations() throws IOException {
    List<FakeDeviation> found = new ArrayList<>();
    List<OracleEvents.Event> events = recorded().events();
    for (FakeDeviation deviation : possible()) {
      List<OracleEvents.Event> undone = deviation.undo(events);
      if (!undone.equals(events)) {
        found.add(deviation);
      }
      events = undone;
    }
    return found;
  }

  /**
   * Every allocation and free that PyTorch made in the steps, on the device that the run was on.
   */
  OracleEvents recorded() throws IOException {
    Path file = folder.resolve(name + ".events.json.gz");
    List<OracleEvents.Event> out = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      JsonNode events = JSON.readTree(in);
      JsonNode names = events.path(onCuda() ? "ops" : "paths");
      for (JsonNode event : events.path("events")) {
        if (event.path(ON_CUDA).asInt(1) == 0) {
          continue;
        }
        JsonNode phase = events.path("phases").get(event.get(0).asInt());
        // Our loop leaves autocast at the end of the loss.
        String label = phase.get(1).asText().replace("autocast_exit", "loss");
        out.add(
            new OracleEvents.Event(
                phase.get(0).asInt() + 1,
                label,
                names.get(event.get(1).asInt()).asText(),
                event.get(2).asLong(),
                event.get(3).asInt()));
      }
    }
    return new OracleEvents(json.path("bytes").path("base").asLong(), out);
  }

  /**
   * Every allocation and free that PyTorch made in the steps: step, phase, bytes; without what is
   * born and freed within one convolution where that depends on the processor.
   */
  List<String> recordedEvents() throws IOException {
    OracleEvents all = recorded();
    return (hasKernelScratch() ? all.withoutKernelScratch() : all).lines(false);
  }

  /** The same of a ledger. */
  static List<String> events(Ledger ledger) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP && span.phase() != Phase.BATCH) {
        String phase = span.phase().name().toLowerCase(Locale.ROOT);
        out.add(span.iteration() + " " + phase + " " + ledger.delta(i));
      }
    }
    return out;
  }
}
